"""The fire board in words: title, what it shows, how to read it, what to do."""

from __future__ import annotations

from typing import Final

PANELS: Final = {
    "alarms": (
        (
            "Detectors in alarm",
            "Detectors whose last word in the range is alarm.",
            "Level I: one is an alarm. It latches in the alerts; here it follows the panel.",
            "The fire control room and the zone act; this board only shows.",
        ),
        (
            "火警探测器",
            "范围内最近状态为火警的探测器。",
            "一级:有一即告警。告警自锁,此处随主机变化。",
            "由消防控制室与区域处置;本板仅显示。",
        ),
    ),
    "faults": (
        (
            "Faults",
            "Devices whose last word is fault, or that were asked and did not answer.",
            "A detector with a fault sees no fire.",
            "Patrol its place until it is mended.",
        ),
        ("故障", "最近状态为故障或未应答的设备。", "故障探测器看不到火。", "修复前加强巡查。"),
    ),
    "unsigned": (
        (
            "Not signed",
            "Readings in the range whose signature did not hold.",
            "They are shown to a person as UNVERIFIED and never start anything.",
            "Find the device; somebody may be playing.",
        ),
        ("签名无效", "范围内签名无效的读数。", "以“未验证”提示人员,绝不联动。", "查找设备;可能有人伪造。"),
    ),
    "states": (
        (
            "Detectors and panel over time",
            "The last state of each device in each step of time.",
            "Grey is silence, which is a fault for whatever reports by itself.",
            "Click for the replay.",
        ),
        ("探测器与主机状态变化", "每个时间段各设备的最近状态。", "灰色为无消息;应自行上报者静默即为故障。", "点击回放。"),
    ),
    "now": (
        (
            "Devices now",
            "Each device: zone, kind, state, output, and how long ago it spoke.",
            "Alarm first. The output is broadcast, sprinkler or the like.",
            "Compare with the panel itself: the panel is right.",
        ),
        ("设备现状", "各设备的区域、类型、状态、联动及距今时间。", "火警在前。联动为广播、喷淋等。", "与主机核对:以主机为准。"),
    ),
    "feedback": (
        (
            "Outputs and their feedback",
            "Each output that the panel started, and after how long its feedback came.",
            "Empty after 10 s: the output did not work, level I.",
            "Start it by hand in the fire control room.",
        ),
        ("联动与反馈", "主机启动的每项联动及反馈用时。", "10秒后仍为空:联动未动作,一级。", "由消防控制室手动启动。"),
    ),
    "linkage": (
        (
            "Requests to the panel",
            "Each request, who asked by role, and what became of it.",
            "Off by default; live only, by a named right, two gestures apart.",
            "A refusal says why.",
        ),
        ("对主机的请求", "每次请求、请求角色与结果。", "默认关闭;仅限实战、指定权限、两次手势。", "拒绝时说明原因。"),
    ),
}
