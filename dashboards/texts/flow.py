"""The flow board in words: title, what it shows, how to read it, what to do."""

from __future__ import annotations

from typing import Final

PANELS: Final = {
    "inside": (
        (
            "Inside against the permit",
            "People inside each area with both ends of the interval, the approved number, and the upper end's share of it.",
            "The share is judged on the upper end: 80, 90, 95, 100 %. A suspect names the count that contradicts the others.",
            "From 95 % prepare to stop checking tickets; at 100 % the safety officer decides at once.",
        ),
        (
            "在场人数与核准人数",
            "各场区在场人数及区间上下限、核准人数、上限占比。",
            "占比按上限判断:80、90、95、100%。可疑来源指出相互矛盾的计数。",
            "95%起准备停止验票;100%由安全责任人立即决定。",
        ),
    ),
    "full": (
        (
            "Time to full",
            "Minutes until the approved number is reached at the pace of the last ten minutes, with soonest and latest.",
            "Empty: not filling, or not sure that it is. The soonest counts for acting.",
            "Soonest below the time that stopping takes: propose it now.",
        ),
        (
            "预计满员时间",
            "按最近10分钟速度达到核准人数所需分钟数及最早、最晚。",
            "空白:未在增加或不能确定。行动以最早为准。",
            "最早时间小于停止验票所需时间:立即提出。",
        ),
    ),
    "ahead": (
        (
            "Time to the next level",
            "For each zone: its level, the next one, and the minutes until then with their interval.",
            "Worked out from the zone's own trend; empty when it does not rise.",
            "Latest below the zone's response time: act before the level comes.",
        ),
        (
            "到下一等级时间",
            "各区域当前等级、下一等级及所需分钟与区间。",
            "按区域自身趋势推算;不上升则为空。",
            "最晚时间小于处置用时:提前行动。",
        ),
    ),
    "inside_time": (
        (
            "Inside over time",
            "People inside each area with its interval and the approved number.",
            "A widening interval means that counts drift apart.",
            "Compare with the counts below before trusting a turn.",
        ),
        ("在场人数变化", "各场区在场人数、区间与核准人数。", "区间变宽说明计数分歧增大。", "先对照下方计数再采信。"),
    ),
    "entering": (
        (
            "Coming in by gate",
            "People a minute who come in over each gate's lines, by cameras.",
            "A gate that falls while its queue grows has lost capacity.",
            "Move lane teams, or send people to another gate.",
        ),
        ("各口进入人流", "各口计数线每分钟进入人数(摄像机)。", "流量下降而排队增长,说明能力下降。", "调动安检人员或引导至他口。"),
    ),
    "leaving": (
        (
            "Going out by gate",
            "People a minute who go out over each gate's lines, by cameras.",
            "At dispersal compare with what the streets and stations can take.",
            "Release in batches where it is more.",
        ),
        ("各口离开人流", "各口计数线每分钟离开人数(摄像机)。", "散场时与道路、车站能力比较。", "超出则分批放行。"),
    ),
    "specific": (
        (
            "Flow for each metre of width",
            "The larger direction of each line, per metre of its width.",
            "60 p/m/min is what real exits carry, 82 the upper bound of design.",
            "A line that stays at the top is a bottleneck: widen it or feed it less.",
        ),
        (
            "单位宽度流量",
            "各计数线较大方向的单位宽度流量。",
            "60人/米/分为实际出口能力,82为设计上限。",
            "长期处于高位为瓶颈:加宽或减少来流。",
        ),
    ),
    "counter": (
        (
            "Counter-flow",
            "The smaller direction's share of each line's crossings.",
            "From 20 % on people get into each other's way.",
            "Make it one-way, first where it is narrower than 4 m.",
        ),
        ("对冲人流", "各计数线较小方向所占比例。", "20%起相互阻碍。", "改为单向通行,先处理4米以下通道。"),
    ),
    "queue": (
        (
            "Waiting at each gate",
            "People who wait for each gate.",
            "A gap is a queue that nobody sees whole.",
            "Compare with the room of its buffer zone.",
        ),
        ("各口排队人数", "各口排队等候人数。", "空缺为无法完整看到的队伍。", "与缓冲区容量比较。"),
    ),
    "wait": (
        (
            "Wait at each gate",
            "Minutes that who comes now will wait.",
            "20, 30 and 45 min are the levels IV, III and II of the rule.",
            "Open lanes, divert, and tell people how long it takes.",
        ),
        ("各口等候时间", "此刻到达者预计等候分钟。", "20、30、45分钟对应四、三、二级。", "增开通道、分流,并告知等候时间。"),
    ),
    "counts": (
        (
            "Cameras against turnstiles by gate",
            "People in and out over the range, by cameras at lines and by turnstiles, and their difference.",
            "A few per cent are normal; a gate that stands out has a wrong line or a turnstile that is passed by.",
            "Have both looked at before the next event; mark the camera as doubtful meanwhile.",
        ),
        (
            "各口摄像机与闸机对比",
            "范围内摄像机与闸机进出人数及差异。",
            "百分之几属正常;突出者计数线有误或闸机被绕行。",
            "下次活动前检查;期间将摄像机标为存疑。",
        ),
    ),
    "balance": (
        (
            "Three counts of each area",
            "Inside by turnstiles, by cameras at lines, and as seen by cameras.",
            "They should run together; a step in one is a fault of that one.",
            "Believe the two that agree.",
        ),
        ("各场区三种计数", "闸机计、计数线计、摄像机可见人数。", "三者应一致;单一突变为该来源故障。", "采信一致的两者。"),
    ),
}
