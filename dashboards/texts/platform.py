"""The platform board in words: title, what it shows, how to read it, what to do."""

from __future__ import annotations

from typing import Final

PANELS: Final = {
    "lag_now": (
        (
            "Largest lag",
            "The most records that any stage is behind.",
            "A lag that does not shrink within a minute is a stage too slow.",
            "See which one in the table.",
        ),
        ("最大积压", "各环节中最大的未处理条数。", "一分钟内不下降说明该环节过慢。", "在表中查看是哪个环节。"),
    ),
    "tick_now": (
        (
            "Oldest tick",
            "The largest age of a stage's last tick: event time stands still where ticks do.",
            "Below 2 s; 10 s are an alarm.",
            "Look at the ticker and the broker before anything else.",
        ),
        ("最旧时钟滴答", "各环节最近滴答的最大时延:滴答停则事件时间停。", "应低于2秒;10秒为告警。", "先查滴答进程与消息服务。"),
    ),
    "dead_now": (
        (
            "Dead letters",
            "Records refused by any stage in the range.",
            "Each is kept with its reason and bytes.",
            "The reasons are below; one device's thousand is one fault.",
        ),
        ("死信", "范围内被任一环节拒收的记录。", "均保留原因与原始数据。", "原因见下;同一设备的大量死信为同一故障。"),
    ),
    "disk_days": (
        (
            "Days until the disk is full",
            "Free space over what a day takes, over all tables.",
            "Below 7 it is time to get a disk: nothing is deleted below the plan's retention.",
            "See the tables for what takes most.",
        ),
        ("磁盘可用天数", "剩余空间除以每天占用(全部表)。", "低于7天应扩容:不会因空间不足而少存。", "在表中查看占用最多者。"),
    ),
    "cameras_now": (
        (
            "Cameras that do not see",
            "Chosen cameras whose picture is not live, or that are silent.",
            "Each leaves floor that nobody watches.",
            "See which, and since when, in the table.",
        ),
        ("失效摄像机", "画面异常或无消息的所选摄像机数。", "每台都留下无人观察的区域。", "在表中查看是哪台、自何时起。"),
    ),
    "stages": (
        (
            "Stages now",
            "What each stage said last: lag, tick age, late, clamped, refused, taken, given, and how long ago.",
            "A stage that said nothing for 10 s is silent, whatever it said before.",
            "`muster status` and `muster doctor` say the command that mends it.",
        ),
        (
            "各环节现状",
            "各环节最近上报:积压、滴答时延、迟到、修正、拒收、收、发及距今时间。",
            "10秒无消息即为失联。",
            "`muster status` 与 `muster doctor` 给出修复命令。",
        ),
    ),
    "lag": (
        (
            "Lag by stage",
            "Records behind, over time.",
            "A saw-tooth is a batch; a ramp is a stage too slow.",
            "Scale the stage with the ramp.",
        ),
        ("各环节积压", "未处理条数随时间变化。", "锯齿为批处理;斜坡为过慢。", "扩展出现斜坡的环节。"),
    ),
    "ticks": (
        (
            "Tick age by stage",
            "Seconds since the last tick that each stage saw.",
            "Together: the ticker or the broker. One alone: that stage.",
            "Above 10 s nothing that needs windows can alarm.",
        ),
        ("各环节滴答时延", "各环节距最近滴答的秒数。", "同时升高:滴答进程或消息服务;单独升高:该环节。", "超过10秒时依赖窗口的告警失效。"),
    ),
    "refused": (
        (
            "Late, clamped and refused",
            "Records in each step of time that came late, had their time clamped, or were refused.",
            "Clamped points to a device's clock, late to the network, refused to a sender.",
            "Find the device in the dead letters' reasons.",
        ),
        (
            "迟到、修正与拒收",
            "每个时间段迟到、时间被修正或拒收的记录。",
            "修正指向设备时钟,迟到指向网络,拒收指向发送方。",
            "在死信原因中找到设备。",
        ),
    ),
    "dead": (
        (
            "Dead letters by reason",
            "How many of each topic and reason, and when the last came.",
            "The sentence says what was expected and what came.",
            "Mend the sender; the records can be sent again.",
        ),
        ("死信原因", "各主题与原因的数量及最近时间。", "原因语句说明期望与实际。", "修复发送方;记录可重发。"),
    ),
    "ledger": (
        (
            "Ledger: what became of each record",
            "Records accounted for in each minute: accepted, duplicate, refused.",
            "The three together are all that came in.",
            "`muster ledger check` proves it offset by offset.",
        ),
        ("台账:每条记录的去向", "每分钟入账记录:接受、重复、拒收。", "三者之和即全部输入。", "`muster ledger check` 逐条证明。"),
    ),
    "corrected": (
        (
            "Corrected windows and late sums",
            "Share of zone windows that were written again because sums came late, and how many such sums.",
            "A correction never raises an alert; above a few per cent the network is the question.",
            "Compare by camera.",
        ),
        ("更正窗口与迟到分量", "因分量迟到而重写的区域窗口占比及迟到分量数。", "更正不会产生告警;超过百分之几应查网络。", "按摄像机比较。"),
    ),
    "tables": (
        (
            "What is kept",
            "Each table: rows, size, days that it holds, what a day takes.",
            "Days held below the plan's retention are right only while the event is younger.",
            "Raise retention in the plan where the disk allows.",
        ),
        (
            "存储情况",
            "各表行数、大小、保存天数、每天占用。",
            "保存天数低于方案要求仅在活动较短时正常。",
            "磁盘允许时可在方案中提高保存天数。",
        ),
    ),
    "cameras": (
        (
            "Cameras over time",
            "The state of each chosen camera's picture.",
            "Grey is silence. Frozen, black, white, covered, out of focus and moved are told by the picture itself.",
            "Click for the replay at that moment.",
        ),
        ("摄像机状态变化", "所选摄像机的画面状态。", "灰色为无消息。冻结、黑屏、白屏、遮挡、失焦、移位由画面判断。", "点击回放该时刻。"),
    ),
    "camera_table": (
        (
            "Cameras now",
            "Each chosen camera: state, frame rate, lines, whether it is 1080p, calibrated, at night or saturated, and how long ago it spoke.",
            "The standard asks for 1080p; without calibration it counts boxes, not places. Saturated: people hide each other, it counts the least.",
            "Worst first.",
        ),
        (
            "摄像机现状",
            "所选摄像机的状态、帧率、垂直像素、是否1080p、已标定、夜间设置、遮挡饱和及距今时间。",
            "标准要求1080p;未标定只能数人,不能定位。遮挡饱和:人群相互遮挡,人数仅为下限。",
            "异常者在前。",
        ),
    ),
    "recorders": (
        (
            "Recorders",
            "What each recorder of video said last: its state, cameras recorded and not, and its disk.",
            "At 80 and 90 % of the disk it is time to act: young video is never deleted, and a full disk stops the recording.",
            "Add disk; for a camera that is not recorded look at camera and network. `muster recording check` proves what is kept.",
        ),
        (
            "录像程序",
            "各录像程序最近上报的状态、正在与未在录像的摄像机数及磁盘。",
            "磁盘用到80%、90%即应处理:未满天数的录像不会删除,写满后录像停止。",
            "请扩容;未在录像的应检查摄像机与网络。`muster recording check` 可证明留存情况。",
        ),
    ),
    "devices": (
        (
            "Devices",
            "Each device that spoke in the range: kind, place, readings a minute, and how long it has been silent.",
            "Turnstiles, detectors and panels speak by themselves; readers only when a pass is presented.",
            "A detector that is silent for 10 s is an alert of its own.",
        ),
        (
            "设备",
            "范围内上报过的设备:类型、位置、每分钟读数、静默时长。",
            "闸机、探测器与主机自行上报;读卡器仅在核验时上报。",
            "探测器静默10秒即单独告警。",
        ),
    ),
}
