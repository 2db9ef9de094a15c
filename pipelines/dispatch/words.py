"""The radio's words: what it is and what to do, so short that a message stays within twenty Chinese characters. Pure."""

from __future__ import annotations

from typing import Final

RADIO: Final = {  # rule → what, in Chinese; what to do, in English and in Chinese
    "crowd_density": ("拥挤", ("stop entry", "停止放人")),
    "fire": ("火警", ("verify on the spot", "到场核实")),
    "fire_feedback": ("未联动", ("start by hand", "手动启动")),
    "wrong_way": ("逆行", ("stop it at the barrier", "道口拦停")),
    "vehicle_towards_people": ("车近人", ("stop it, clear people", "拦车疏人")),
    "improper_stop": ("违停", ("send it on", "劝离车辆")),
    "beyond_permit": ("越证", ("stop and check it", "拦停查证")),
    "speeding": ("超速", ("slow it down", "示意减速")),
    "unknown_while_filling": ("不明", ("go and count", "到场清点")),
    "counter_flow": ("对冲", ("make it one-way", "单向通行")),
    "bottleneck": ("受阻", ("hold upstream", "远端截流")),
    "queue_wait": ("久等", ("open lanes", "增开通道")),
    "stop_and_go": ("走停", ("hold upstream", "远端截流")),
    "growth": ("速增", ("find the source", "查明来向")),
    "standstill_stairs": ("停滞", ("stop the stairs", "截停楼梯")),
    "blind_rising": ("看不清", ("go and look", "到场查看")),
    "suspected_collapse": ("疑倒伏", ("go and help", "就近救助")),
    "crowd_pressure": ("压力高", ("hold upstream", "远端截流")),
    "time_to_act": ("将超限", ("stop entry", "停止放人")),
    "cannot_exclude": ("存疑", ("go and look", "到场查看")),
    "approved_number": ("近满员", ("slow the entry", "放缓入场")),
    "occupancy_residual": ("数不符", ("count by hand", "人工清点")),
    "camera_health": ("无画面", ("go and look", "到场查看")),
    "camera_resolution": ("分辨低", ("set to 1080p", "调高清晰")),
    "panel_fault": ("主机障", ("check the panel", "查验主机")),
    "gas": ("燃气", ("keep away, verify", "远离核实")),
    "pass_back": ("证回传", ("hold and check", "人工核验")),
    "pass_two_gates": ("证重用", ("hold and check", "人工核验")),
    "equivocation": ("数异常", ("check the device", "查验设备")),
    "device_silent": ("失联", ("check the device", "查验设备")),
    "link_loss": ("断链", ("go and look", "到场查看")),
    "human_report": ("有人报", ("go and help", "到场处置")),
    "breach": ("闯入", ("stop them there", "到场拦阻")),
    "mass_running": ("奔跑", ("go and see why", "到场查因")),
    "loitering": ("逗留", ("go and ask", "到场询问")),
    "person_down": ("倒地", ("go and help", "到场救助")),
    "camera_doubtful": ("画存疑", ("go and look", "到场查看")),
}
LOOK: Final = ("go and look", "到场查看")
AT_ONCE: Final = ("at once: ", "立即")
VERIFY: Final = ("verify", "核实")
RADIO_LEVEL: Final = {
    "watch": ("IV", "四级"),
    "caution": ("III", "三级"),
    "warning": ("II", "二级"),
    "critical": ("I", "一级"),
    "act_now": ("I", "一级"),
}
REPEAT_BACK: Final = ("repeat back", "收到复述")
REPEAT: Final = ("repeat back", "复述")
RETRACTED: Final = ("retracted", "撤销")
AS_BEFORE: Final = ("as before", "恢复原状")
"""What follows after an alert that was retracted or is over."""
