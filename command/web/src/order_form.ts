/** Giving an order: what, where, to whom; checked before it leaves, judged again by DISPATCH. */

import { ask } from "./forms";
import type { Field, Values } from "./forms";
import { giveOrder } from "./net";
import type { Proposal } from "./proposals";
import { guardOf, orderPlace, rolesFor, room, seenAt } from "./proposals";
import { author, post, state } from "./store";
import { both, lang, of, t } from "./texts";
import type { Alert, Plan } from "./types";
import { roleIn } from "./words";

const FREE = "free";

function kinds(plan: Plan): [string, string, boolean][] {
  const mine = post()?.role.en ?? "";
  const rows: [string, string][] = [...plan.actions.map((row): [string, string] => [row.id, of(row.name)]), [FREE, t("order.free")]];
  return rows.map(([id, name]) => {
    const roles = rolesFor(plan, id);
    const mayIt = roles.includes(mine);
    return [id, mayIt ? name : t("order.only", { name, roles: roles.map((role) => roleIn(plan, role)).join(", ") }), !mayIt];
  });
}

function places(plan: Plan): [string, string][] {
  return [...plan.zones, ...plan.gates, ...plan.lanes].map((row) => [row.id, of(row.name)]);
}

/** Ask for an order; *proposal* fills it in. */
export function askOrder(alert: Alert | null, proposal: Proposal | null, lead: string[]): void {
  const plan = state.plan;
  if (!plan) return;
  const allowed = kinds(plan).find(([, , no]) => !no)?.[0] ?? FREE;
  const place = alert ? orderPlace(plan, alert) : (plan.zones[0]?.id ?? "");
  const technician = plan.posts.find((row) => row.role.en.includes("technician"))?.call_sign ?? "";
  const forTechnician = proposal?.words?.en === both("say.technician").en;
  const all = places(plan);
  const fields: Field[] = [
    { name: "kind", label: t("order.kind"), kind: "select", options: kinds(plan), value: proposal?.kind ?? allowed },
    { name: "place", label: t("order.place"), kind: "select", options: all.some(([id]) => id === place) ? all : [[place, place], ...all], value: place },
    { name: "recipient", label: t("order.recipient"), kind: "select", required: true, options: [["", t("act.choose")], ...plan.posts.map((row): [string, string] => [row.call_sign, `${row.call_sign} ${of(row.role)}`])], value: forTechnician ? technician : guardOf(plan, place) },
    { name: "text_en", label: t("order.text_en"), kind: "line", value: proposal?.words?.en ?? "" },
    { name: "text_zh", label: t("order.text_zh"), kind: "line", value: proposal?.words?.zh ?? "" },
    { name: "reason", label: t("order.reason"), kind: "line" },
  ];
  if (lang() === "zh") fields.splice(3, 2, fields[4] as Field, fields[3] as Field);
  const chosen = (values: Values) => plan.actions.find((row) => row.id === values["kind"]);
  const isBlind = (values: Values): boolean => {
    const to = chosen(values)?.to;
    return to ? ["unknown", "least"].includes(room(state.picture?.zones[to])) : false;
  };
  ask({
    title: t("order.title"),
    lead,
    fields,
    send: t("order.send"),
    shows: (name, values) => !name.startsWith("text_") || values["kind"] === FREE,
    needs: (name, values) => (name.startsWith("text_") && values["kind"] === FREE) || (name === "reason" && isBlind(values)),
    note: (values) => [seenAt(plan, chosen(values)), chosen(values)?.public ? t("order.public") : ""].filter(Boolean).join(" "),
    second: (values) => (chosen(values)?.gesture ?? false) || isBlind(values),
    done: async (values, second) => {
      const me = author();
      if (!me) return t("bar.nobody");
      const words = values["kind"] === FREE ? { text_en: values["text_en"] ?? "", text_zh: values["text_zh"] ?? "" } : {};
      return giveOrder({ ...me, ...words, kind: values["kind"] ?? "", place: values["place"] ?? "", recipient: values["recipient"] ?? "", reason: values["reason"] ?? "", alert_id: alert?.alert_id ?? "", second_gesture: second });
    },
  });
}
