"""Nothing that was typed is lost: what a form held is given back where it cannot be stored at all."""

from collections.abc import AsyncIterator, Sequence

from fastapi import Request, Response
from starlette.datastructures import FormData

from app.core.errors import AppError, Unauthenticated
from app.diary.today import ANSWER
from app.participants.deps import PhoneAccess
from app.participants.helping import help_words
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render
from app.web.problems import problem


class NotSignedIn(Unauthenticated):
    title = _("这台手机忘了您是谁，这条还没有保存")
    remedy = _("请先把写的复制下来，再用链接或短码打开日记，贴上去保存。")


async def sent_form(request: Request) -> AsyncIterator[FormData]:
    """Give the form that was sent, field by field as the page named them; its files are gone afterwards."""
    form = await request.form()
    try:
        yield form
    finally:
        await form.close()


def rescue(request: Request, access: PhoneAccess | None, texts: Sequence[tuple[str, str]], error: AppError) -> Response:
    """Answer someone whose entry cannot be stored at all, with every word they typed."""
    language = access.language if access else None
    current_language.set(choose_language(request, language))
    context = {
        "error": problem(error),
        "texts": texts,
        "help": help_words(access) if access else None,
    }
    return render(request, "diary/rescued.html", context, status=error.status, language=language)


def typed_texts(form: FormData) -> list[tuple[str, str]]:
    """Return what was typed when it is not known whose diary it is: everything that is not a tick."""
    texts = [value for name, value in form.multi_items() if name.startswith(ANSWER) and isinstance(value, str)]
    return [(translate(_("您写的")), text) for text in texts if len(text.strip()) > 1]
