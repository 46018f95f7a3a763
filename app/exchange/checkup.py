"""What the operator should know of an installation: a line each, and what to do where something is wrong."""

import shlex
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.care import notice_queries as care
from app.care.notices import way_of
from app.charts.png import can_draw_chinese
from app.core import checkpoints, clock, schema
from app.core.crypto import Keyring
from app.core.db import Database, sqlite_file
from app.core.errors import AppError
from app.core.private import open_to_others
from app.core.settings import Settings
from app.diary.queries import mood_deltas
from app.exchange import queries
from app.participants import queries as participants
from app.prompts.delivery.queries import is_running, reachable
from app.prompts.delivery.ways import names_in_force
from app.statements import cells
from app.studies.adaptations import choice_in_force
from app.studies.care_rules import CareRules
from app.studies.errors import CoderUnavailable
from app.studies.models import Study
from app.web.i18n import translate

Level = Literal["ok", "warn", "fail"]
MEGABYTE = 1 << 20
LITTLE_SPACE = 1024 * MEGABYTE
NO_SPACE = 100 * MEGABYTE
MOST_NAMED = 5
NOTICE_DAYS = 30
RECENT, SOON = timedelta(days=7), timedelta(hours=1)
"""Mail that was lost in this time is told of, and mail that has waited for so long."""
KEPT_BACK = frozenset({"smtp_password", "sms_url", "sms_headers", "sms_body"})
"""Settings that hold keys of other services."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, in words; ``remedy`` says what to do."""

    level: Level
    subject: str
    words: str
    remedy: str = ""


def check(settings: Settings, database: Database, keyring: Keyring) -> Iterator[Finding]:
    """Yield the findings as they are made; a database that does not answer or is not migrated ends them early."""
    yield from _settings(settings)
    yield from _disk(settings)
    yield from _privacy(settings, sqlite_file(settings.database_address))
    yield _font()
    try:
        schema.require_current(database)
    except schema.NotMigrated as error:
        yield Finding("fail", translate("数据库"), translate(error.title), translate(error.remedy))
        return
    except SQLAlchemyError as error:
        remedy = translate("请检查 XINLU_DATABASE_URL，以及数据库是否在运行。")
        yield Finding("fail", translate("数据库"), f"{translate('连不上')} ({type(error).__name__})", remedy)
        return
    yield Finding("ok", translate("数据库"), translate("连得上，表是这个版本的"))
    if database.dialect == "sqlite":
        yield _sqlite()
    with database.read() as session:
        yield from _log(session, keyring)
        for study in queries.all_studies(session):
            yield from _study(session, study)
            yield from _reminders(session, settings, study)
            yield from _care(session, settings, study)


def _settings(settings: Settings) -> Iterator[Finding]:
    for name in type(settings).model_fields:
        yield Finding("ok", f"XINLU_{name.upper()}", _shown(settings, name))
    address = urlsplit(settings.public_address)
    if address.scheme != "https" and not _is_here(address.hostname or ""):
        words = translate("对外的地址不是 https，登录和日记会在路上被看见")
        yield Finding("warn", "XINLU_BASE_URL", words, translate("请在前面放一个 https 的代理，并写上它的地址。"))
    secret = settings.data_dir / "secret.key"
    if not settings.secret and open_to_others(secret):
        yield Finding("fail", "secret.key", translate("别的用户读得到密钥文件"), f"chmod 600 {secret}")


def _shown(settings: Settings, name: str) -> str:
    value = getattr(settings, name)
    if name == "secret":
        return translate("已设置") if value else translate("在数据文件夹里")
    if name in KEPT_BACK:
        return translate("已设置") if value != type(settings).model_fields[name].default else "-"
    if name == "database_url":
        return make_url(settings.database_address).render_as_string(hide_password=True)
    return str(value) if value is not None else "-"


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = next(one for one in (settings.data_dir.resolve(), *settings.data_dir.resolve().parents) if one.exists())
    free = shutil.disk_usage(folder).free
    level: Level = "ok" if free >= LITTLE_SPACE else "warn" if free >= NO_SPACE else "fail"
    remedy = "" if level == "ok" else translate("请腾出空间，或把 XINLU_DATA_DIR 放到大一些的盘上。")
    yield Finding(
        level, translate("磁盘"), translate("还剩 %(megabytes)s MB") % {"megabytes": free // MEGABYTE}, remedy
    )


def _privacy(settings: Settings, database: Path | None) -> Iterator[Finding]:
    if database is None:  # what PostgreSQL keeps is PostgreSQL's to guard
        return
    folder = settings.data_dir.resolve()
    # A database elsewhere may lie in a folder that is not ours to close.
    if database.resolve().parent == folder and open_to_others(folder):
        words = translate("这台机器上别的用户能进这个文件夹，里面有日记")
        yield Finding("warn", str(folder), words, f"chmod 700 {shlex.quote(str(folder))}")
    files = [database.with_name(database.name + end) for end in ("", "-wal", "-shm")]
    readable = [str(one.resolve()) for one in files if open_to_others(one)]
    if readable:
        words = translate("这台机器上别的用户读得到这个文件，里面有日记")
        yield Finding("warn", database.name, words, f"chmod 600 {shlex.join(readable)}")


def _font() -> Finding:
    subject = translate("中文字体")
    if can_draw_chinese():
        return Finding("ok", subject, translate("有，曲线能存成 PNG"))
    remedy = translate("请安装一种中文字体，例如 apt-get install fonts-noto-cjk。")
    return Finding("warn", subject, translate("没有，曲线存不成 PNG，其他都不受影响"), remedy)


def _sqlite() -> Finding:
    if sqlite3.sqlite_version_info >= checkpoints.FIXED_IN:
        return Finding("ok", "SQLite", sqlite3.sqlite_version)
    words = translate(
        "%(version)s：3.51.3 之前，两个连接同时做检查点可能损坏文件；这里同一时刻只让一个进程做，所以不会"
    )
    remedy = translate("请不要用别的程序写这个文件；多个进程一起写，请用 PostgreSQL。")
    return Finding("ok", "SQLite", words % {"version": sqlite3.sqlite_version}, remedy)


def _log(session: Session, keyring: Keyring) -> Iterator[Finding]:
    problems = audit.check(session, keyring.public_key)
    subject = translate("操作日志")
    if not problems:
        yield Finding("ok", subject, translate("链是完整的"))
    remedy = translate("有人绕过程序改了日志，或者换了密钥。请和备份对照，查清是谁、什么时候改的。")
    for problem in problems[:MOST_NAMED]:
        yield Finding("fail", subject, problem, remedy)


def _study(session: Session, study: Study) -> Iterator[Finding]:
    yield _coder(session, study)
    yield from _retention(session, study)
    recode = f"xinlu recode --study {study.slug} --coder {study.coder}"
    counted: Iterable[tuple[str, Callable[[Session, UUID], dict[cells.CellKey, list[int]]], tuple[str, ...], str]] = (
        (
            translate("文字"),
            cells.text_deltas,
            cells.STATEMENT_SOURCES,
            translate("请运行 %(command)s，重新计数。") % {"command": recode},
        ),
        (translate("心情"), mood_deltas, ("mood",), translate("请和备份对照，查清是谁、什么时候改的。")),
    )
    for name, recount, sources, remedy in counted:
        fresh, stored = recount(session, study.id), cells.stored(session, study.id, sources)
        wrong = sum(1 for key in fresh.keys() | stored.keys() if list(fresh.get(key, ())) != list(stored.get(key, ())))
        subject = f"{study.slug} / {name}"
        if wrong:
            words = translate("%(wrong)s 个格子和重新数的不一样") % {"wrong": wrong}
            yield Finding("fail", subject, words, remedy)
        else:
            yield Finding("ok", subject, translate("%(cells)s 个格子都和重新数的一样") % {"cells": len(stored)})


def _retention(session: Session, study: Study) -> Iterator[Finding]:
    days = (study.retention_until - clock.local_date(clock.now(), study.time_zone)).days
    if days > NOTICE_DAYS or not participants.count(session, study.id):
        return
    subject = f"{study.slug} / {study.retention_until}"
    if days >= 0:
        words = translate("再过 %(days)s 天，保存期就到了，参与者和日记会自动删除") % {"days": days}
        yield Finding("warn", subject, words, translate("请告诉研究的负责人：删除以后找不回来。"))
    else:
        remedy = translate("请让 xinlu serve 或 xinlu worker 一直运行，每十分钟删除一次；备份要另外删除。")
        yield Finding("warn", subject, translate("保存期已过，参与者和日记还没有删完"), remedy)


def _reminders(session: Session, settings: Settings, study: Study) -> Iterator[Finding]:
    if not is_running(session, study.id):
        return
    subject = f"{study.slug} / {translate('提醒')}"
    people, found = participants.count(session, study.id), reachable(session, study.id, names_in_force(settings))[""]
    counted = {"found": found, "people": people}
    if people and not found:
        words = translate("日程在运行，但一个人也找不到，什么都发不出去")
        remedy = translate("请运行 xinlu prompts status，看看哪些路开着；再请大家在手机的“提醒”页打开通知。")
        yield Finding("warn", subject, words, remedy)
    else:
        yield Finding("ok", subject, translate("%(people)s 人里找得到 %(found)s 人") % counted)


def _care(session: Session, settings: Settings, study: Study) -> Iterator[Finding]:
    subject, now = f"{study.slug} / {translate('回访')}", clock.now()
    late = care.late(session, study.id, now)
    if late:
        words = translate("%(late)s 位参与者的回访过了时间，还没有人联系上") % {"late": late}
        yield Finding("warn", subject, words, translate("请告诉研究的负责人和关怀师，打开研究的“回访”页看看。"))
    unsent = care.undelivered(session, study.id, now - RECENT, now - SOON)
    if unsent:
        words = translate("这一周有 %(n)s 封回访的邮件没有发出去，或者不知道发没发出去") % {"n": unsent}
        remedy = translate("请运行 xinlu prompts test --channel email --to 您的邮箱，看看邮件服务器收不收。")
        yield Finding("warn", subject, words, remedy)
    rules = CareRules.of(study.care)
    if rules.watching and rules.notices and way_of(settings) is None:
        words = translate("研究要把回访发到邮箱，可是这里没有设置邮件服务器")
        remedy = translate("请设置 XINLU_SMTP_HOST 和 XINLU_SMTP_FROM，或者请团队在“什么时候叫人”里去掉邮箱。")
        yield Finding("warn", subject, words, remedy)


def _coder(session: Session, study: Study) -> Finding:
    subject = f"{study.slug} / {study.coder}"
    try:
        installed = choice_in_force(session, study.id, study.coder, study.coder_version).load().version
    except CoderUnavailable as error:
        # The library's own words: what to install or to configure.
        return Finding("fail", subject, str(error.__cause__), translate("装好或配好以后，等着的表述会自动补上。"))
    except AppError:
        return Finding(
            "fail", subject, translate("没有这个编码器"), f"xinlu recode --study {study.slug} --coder default"
        )
    if study.coder_version in (installed, study.coder):
        return Finding("ok", subject, installed)
    words = translate("表述是 %(before)s 编的，现在装的是 %(now)s") % {"before": study.coder_version, "now": installed}
    return Finding("warn", subject, words, f"xinlu recode --study {study.slug} --coder {study.coder}")
