"""What the phone's scripts say. They hold no sentence themselves: they get these with the facts of the page."""

from app.web.i18n import mark as _
from app.web.i18n import translate

WORDS = {
    "sending": _("正在发送…"),
    "kept_title": _("先存在这台手机上了"),
    "kept": _("现在发不出去，一连上网就自己发。这一页可以关掉，什么都不会丢。"),
    "kept_heal": _("要请您再打开一次自己的链接，或输入短码，它才发得出去。什么都不会丢。"),
    "kept_other": _("这台手机现在打开的是别人的日记。再打开您的链接，它就会发出去。"),
    "sent_title": _("发出去了，存好了"),
    "sent": _("研究团队已经收到。"),
    "another": _("再写一条"),
    "see_queue": _("看看没发出的"),
    "resumed": _("接着上次没写完的。"),
    "resumed_drop": _("不要了，从头写"),
    "full": _("这台手机的空间满了，没能存下。您写的还在页面上：请腾出一点空间，或先复制下来。"),
    "not_kept": _("没能存在这台手机上。您写的还在页面上：连上网再保存，或先复制下来。"),
    "unsealed_title": _("这个浏览器不能给日记上锁"),
    "unsealed": _("连着网照样能写、能存。没有网络的时候，请换一个浏览器，或等有网络再写。"),
    "unsealed_ask": _("写到一半的内容，要不要先不上锁地留在这台手机上？用这台手机的人可能看得到。"),
    "unsealed_yes": _("留着"),
    "unsealed_no": _("不要留"),
    "unsealed_stop": _("不再留在这台手机上，并删掉"),
    "leave_unsent": _(
        "还有 %(n)s 条没有发出。退出以后，它们仍封好留着，等您再用链接打开日记时发出；但您自己在这里看不到了。要退出请再按一次。"
    ),
    "withdraw_unsent": _("还有 %(n)s 条没有发出，退出研究以后就不能再发了。要退出请再按一次。"),
    "leave_look": _("先去看看，存一份备份"),
    "queue_title": _("%(n)s 条还没有发出"),
    "queue_none": _("都发出去了"),
    "queue_none_words": _("这台手机上没有等着发的日记。"),
    "queue_words": _("它们封好了放在这台手机上，只有研究团队能打开。一连上网就自己发。"),
    "needs_network": _("这一页要连上网才能看"),
    "heal": _("这台手机忘了您是谁。请再打开一次自己的链接，或输入短码，它们就会发出去。"),
    "heal_link": _("用链接或短码打开日记"),
    "line": _("现在连不上网，等会儿会自己再试。"),
    "other": _("这台手机现在打开的是别人的日记，您的要等您再打开自己的链接。"),
    "try_all": _("现在就发"),
    "entry_at": _("%(moment)s 写的"),
    "photo": _("照片"),
    "voice": _("录音"),
    "with_attachments": _("还带着 %(n)s 个照片或录音"),
    "state_waiting": _("等着发出"),
    "state_tried": _("试过 %(n)s 次，还会再试"),
    "state_refused": _("没有收下"),
    "state_unproven": _("收到的回执不对，先留着再试"),
    "state_entry_first": _("等它的那条日记先发出去"),
    "state_of_other": _("是另一位的。那位再打开自己的链接，它就会发出去。"),
    "seal_lost": _("研究换了钥匙，而这台手机已经读不出这一条，没法重新封好。"),
    "locked": _("这条封好了，这台手机自己也读不出来。"),
    "try_one": _("再发一次"),
    "correct": _("改一改再存"),
    "save_text": _("存成文字文件"),
    "save_file": _("存成文件"),
    "drop": _("不要这条了"),
    "drop_sure": _("确定不要了？再按一次就删掉，找不回来"),
    "backup_title": _("备份"),
    "backup_words": _("换手机、清理浏览器以前，可以把没发出的都存成一个文件。文件是封好的，别人打不开。"),
    "backup_save": _("存一份备份"),
    "backup_load": _("放回一份备份"),
    "backup_loaded": _("放回了 %(n)s 个，原来就有的没有重复放。"),
    "backup_wrong": _("这个文件不是日记的备份，没有放回。"),
}


def phone_words() -> dict[str, str]:
    """Return the sentences of the phone's scripts, by name, in the language of the request."""
    return {name: translate(words) for name, words in WORDS.items()}
