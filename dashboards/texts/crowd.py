"""The crowd board in words: title, what it shows, how to read it, what to do."""

from __future__ import annotations

from typing import Final

PANELS: Final = {
    "level_now": (
        (
            "Highest level now",
            "The highest level of the chosen zones at the end of the range.",
            "Unknown as soon as one zone is unknown and none has a level.",
            "From II on, open the zone in the table and its replay.",
        ),
        (
            "当前最高等级",
            "所选区域在时间范围末端的最高等级。",
            "只要有区域情况不明且无任何等级,即显示情况不明。",
            "二级及以上:在表中打开该区域并回放。",
        ),
    ),
    "unknown_now": (
        (
            "Zones unknown now",
            "Zones without a fresh picture or a forecast: nobody vouches for them.",
            "Zero is the aim; a zone is unknown for its first two minutes too.",
            "Send eyes to a zone that should be filling.",
        ),
        ("当前情况不明区域", "无新画面或无预测的区域:无人可为其担保。", "目标为零;区域最初两分钟也属不明。", "正在进人的区域应派人查看。"),
    ),
    "age": (
        (
            "Age of the picture",
            "Seconds from the newest window of any zone to the end of the range, or to now.",
            "Above 5 s grey: the other panels show the past.",
            "Look at the platform board: tick age and lag.",
        ),
        ("画面时延", "任一区域最新窗口距范围末端(或现在)的秒数。", "超过5秒变灰:其他面板显示的是过去。", "查看平台看板的时钟滴答与积压。"),
    ),
    "coverage": (
        (
            "Lowest coverage",
            "The smallest share of its cameras that any chosen zone is seen by.",
            "Below 100 % people may be missing from the numbers.",
            "Find the zone in the table, and its camera on the platform board.",
        ),
        ("最低覆盖率", "所选区域中可见摄像机占比的最小值。", "低于100%时数字可能漏人。", "在表中找到该区域,并在平台看板查其摄像机。"),
    ),
    "hidden": (
        (
            "Occupied cells off the floor",
            "Occupied square metres that lie outside the floor as it is drawn now.",
            "Anything but zero: a crowd may stand where the floor shows nothing.",
            "Choose a larger cell.",
        ),
        ("地面图外有人网格", "位于当前地面图范围之外的有人网格数。", "非零:人群可能在图外。", "选择更大的网格。"),
    ),
    "floor": (
        (
            "Density on the floor",
            "The venue from above at the end of the range: the last ten seconds of each chosen camera, the densest square metre of each cell.",
            "Seven fixed bands; without colour is nobody, or nobody sees it: compare with coverage.",
            "Click a cell for the replay; light cells that grow together are where to look first.",
        ),
        (
            "场地人群密度",
            "范围末端的俯视图:各摄像机最近10秒,每格取最密的1平方米。",
            "七个固定分级;无色为无人或无人可见,请对照覆盖率。",
            "点击网格回放;先看连成片的亮格。",
        ),
    ),
    "map": (
        (
            "Zones and their levels",
            "Outlines of the plan, and a mark for each zone with its numeral, word and colour.",
            "Grey with a question mark is unknown. Outlines have no colour of their own.",
            "Compare with the floor: a level without light cells, or the other way round, wants a person's look.",
        ),
        (
            "区域与等级",
            "方案轮廓,以及每个区域的等级标记(数字、文字与颜色)。",
            "灰色问号为情况不明。轮廓本身不带颜色。",
            "与地面图对照:有等级无亮格或相反,应派人查看。",
        ),
    ),
    "zones": (
        (
            "Zones now",
            "Each zone with its level, peak, people with error, level of service, pressure, coverage and age.",
            "Sorted by level; a number is worth its coverage and its age. Where ≥ stands, people hide each other and there may be more.",
            "Click the peak for the replay at that moment.",
        ),
        (
            "各区域现状",
            "每个区域的等级、峰值、人数及误差、服务水平、压力、覆盖率与时延。",
            "按等级排序;数字的可信度取决于覆盖率与时延。标“≥”处人群相互遮挡,实际可能更多。",
            "点击峰值回放该时刻。",
        ),
    ),
    "worst_floor": (
        (
            "Worst on the floor in this range",
            "The highest ten seconds of each cell over the whole range.",
            "What the floor never shows at once: cells need not have been dense together.",
            "Find the places that come back evening after evening, and change the plan there.",
        ),
        ("时段内场地最高密度", "整个时间范围内每格最高的10秒。", "各格未必同时密集。", "找出反复出现的位置并修改方案。"),
    ),
    "over_time": (
        (
            "Densest cell by strip over time",
            "The venue in strips from south to north over time: the densest square metre of each.",
            "A band that climbs to the light and stays is a build-up; a short flash is people passing.",
            "Click a column for the replay at that moment.",
        ),
        (
            "各条带最密网格随时间",
            "自南向北的条带随时间变化:每条带最密的1平方米。",
            "持续变亮为聚集;短暂闪亮为经过。",
            "点击一列回放该时刻。",
        ),
    ),
    "bands": (
        (
            "Occupied floor by band",
            "Square metres in each band of density, per ten seconds.",
            "Look at the upper bands: their area counts, not the total.",
            "An area at 4 p/m² and more that grows for minutes: hold upstream.",
        ),
        ("各密度分级占地面积", "每10秒各密度分级所占平方米数。", "看高分级面积,而非总量。", "4人/平方米以上面积持续增长数分钟:远端截流。"),
    ),
    "levels": (
        (
            "Levels by zone",
            "The level of each chosen zone over time.",
            "Grey stretches are unknown, not calm.",
            "Click a stretch for the replay; compare with the alerts board for who was told.",
        ),
        ("各区域等级", "所选区域的等级随时间变化。", "灰色为情况不明,并非平静。", "点击回放;在告警看板查看通知了谁。"),
    ),
    "los": (
        (
            "Level of service by zone",
            "A to F from the zone's mean density, on the scale of its kind: walkway, queue or stairs.",
            "Comfort, not danger: a mean hides a crush. The table names the scale.",
            "Use it to plan widths and staffing, never to clear an alert.",
        ),
        (
            "各区域服务水平",
            "按区域平均密度及其类型口径(步行/排队/楼梯)划分A至F。",
            "反映舒适度而非危险:平均值会掩盖挤压。口径见表。",
            "用于规划宽度与人手,不得据此解除告警。",
        ),
    ),
    "peaks": (
        (
            "Local peak by zone",
            "The densest 2 m × 2 m of each zone over time.",
            "Fixed from 0 to 8 p/m². Which value is which level depends on the kind of ground: see levels.",
            "A steady climb with no outflow is the moment to act, before any level.",
        ),
        (
            "各区域局部峰值",
            "各区域最密的2米×2米随时间变化。",
            "固定0至8人/平方米。等级取决于场地类型,见等级图。",
            "持续上升而无流出时应提前处置。",
        ),
    ),
    "pressure": (
        (
            "Crowd pressure with its interval",
            "The highest pressure of the chosen zones with the ends of its interval; measured only from 4 p/m² on.",
            "The lower end above 0.02 s⁻² is turbulence; a gap is not measurable, not calm.",
            "Lower end above the line: stop the inflow now.",
        ),
        (
            "人群压力及区间",
            "所选区域的最高人群压力及其区间上下限;仅在4人/平方米以上测量。",
            "下限超过0.02 s⁻²即为湍动;空缺为不可测,并非平静。",
            "下限越线:立即停止流入。",
        ),
    ),
    "worst_minutes": (
        (
            "Worst minute of each zone",
            "For each zone the minute with the highest local peak in the range.",
            "Coverage tells whether it was seen whole; ≥, that people hid each other and there may have been more.",
            "Click the minute for the replay: this is the list to go through after an event.",
        ),
        (
            "各区域最差一分钟",
            "范围内各区域局部峰值最高的一分钟。",
            "覆盖率说明当时是否看全;“≥”表示人群相互遮挡,实际可能更多。",
            "点击分钟回放:活动后复盘的清单。",
        ),
    ),
}
