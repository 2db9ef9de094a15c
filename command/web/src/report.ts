/** What people say by radio or in person, as a report: it outranks the picture. */

import { askWho } from "./dialogs";
import { ask } from "./forms";
import { report } from "./net";
import { author, state, who } from "./store";
import { of, t } from "./texts";

const KINDS = ["cannot_move", "crowding", "fall", "fire", "weapon", "breach", "structure", "cardiac", "panic", "lost_child", "suspicious_item", "other"] as const;

/** Ask where, what, and in which words. */
export function askReport(): void {
  const plan = state.plan;
  if (!plan) return;
  if (!who()) return askWho(askReport);
  ask({
    title: t("report.title"),
    lead: [t("report.text")],
    fields: [
      { name: "zone", label: t("report.zone"), kind: "select", required: true, options: [["", t("act.choose")], ...plan.zones.map((row): [string, string] => [row.id, of(row.name)])] },
      { name: "kind", label: t("report.kind"), kind: "select", required: true, options: [["", t("act.choose")], ...KINDS.map((row): [string, string] => [row, t(`report.${row}`)])] },
      { name: "words", label: t("report.words"), kind: "words" },
    ],
    send: t("report.send"),
    done: async (values) => {
      const me = author();
      return me ? report({ ...me, action: "report", target: values["zone"] ?? "", choice: values["kind"] ?? "", reason: values["words"] ?? "" }) : t("bar.nobody");
    },
  });
}
