"""Photos and voice notes made new: what is kept is drawn and recorded afresh, so that nothing comes along unseen.

No place, no device, no thumbnail, no comment, and no second file hidden behind the first can outlive that.
"""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from typing import Final, Literal

import numpy as np
import soundfile  # type: ignore[import-untyped]
from PIL import Image, ImageOps, UnidentifiedImageError

from app.core.errors import PayloadTooLarge
from app.diary import limits
from app.diary.errors import AttachmentBroken, UnsupportedType
from app.web.i18n import mark as _

Kind = Literal["photo", "voice"]

PICTURES: Final = ("JPEG", "PNG", "WEBP", "GIF")
SOUNDS: Final = frozenset({"WAV", "WAVEX", "MP3", "OGG", "FLAC"})
EDGE: Final = 1600
QUALITY: Final = 82
RATES: Final = frozenset({8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000})
"""What MP3 knows; every phone records at one of them."""
MOST_CHANNELS: Final = 2
BLOCK: Final = 65_536
WORKSHOP: Final = ThreadPoolExecutor(2, "attachments")
"""Where files are made new, two at a time, however many arrive: a picture of 25 megapixels needs its memory."""


@dataclass(frozen=True, slots=True)
class Media:
    """A file as it is kept: ``width`` and ``height`` in pixels of a photo, ``milliseconds`` of a voice note."""

    kind: Kind
    media_type: str
    content: bytes
    sent_digest: str
    width: int | None = None
    height: int | None = None
    milliseconds: int | None = None


def made_new(kind: Kind, content: bytes) -> Media:
    """Return what is kept of a file that was sent; PayloadTooLarge, UnsupportedType or AttachmentBroken say why not."""
    if len(content) > (limits.PHOTO_BYTES if kind == "photo" else limits.VOICE_BYTES):
        raise _too_large(kind)
    digest = hashlib.sha256(content).hexdigest()
    return _photo(content, digest) if kind == "photo" else _voice(content, digest)


def _photo(content: bytes, digest: str) -> Media:
    try:
        with Image.open(BytesIO(content), formats=PICTURES) as picture:
            if picture.width * picture.height > limits.PHOTO_PIXELS:
                raise _too_large("photo")
            drawn = _drawn(picture)
    except (PayloadTooLarge, UnsupportedType):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large("photo") from None
    except UnidentifiedImageError:
        raise UnsupportedType(
            _("这张照片的格式读不了"), remedy=_("请换成 JPEG 或 PNG 的照片，或把它截图后再选。")
        ) from None
    except Exception:  # noqa: BLE001 - a broken picture breaks its decoder in any way there is
        raise AttachmentBroken(_("这张照片打不开")) from None
    out = BytesIO()
    drawn.save(out, "JPEG", quality=QUALITY, optimize=True)
    return Media("photo", "image/jpeg", out.getvalue(), digest, drawn.width, drawn.height)


def _drawn(picture: Image.Image) -> Image.Image:
    """Return the first frame upright, at most EDGE pixels long, on white, and with nothing beside its pixels."""
    # A JPEG is read at a half, a quarter or an eighth of its size where that is still large enough.
    picture.draft("RGB", (EDGE, EDGE))
    turned = ImageOps.exif_transpose(picture)
    if turned.mode.startswith(("I", "F")):
        turned = turned.convert("F").point(lambda value: value * (1 / 256)).convert("L")
    turned.thumbnail((EDGE, EDGE), Image.Resampling.LANCZOS)
    sheet = Image.new("RGB", turned.size, "white")
    if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
        clear = turned.convert("RGBA")
        sheet.paste(clear, mask=clear.getchannel("A"))
    else:
        sheet.paste(turned.convert("RGB"))
    return sheet


def _voice(content: bytes, digest: str) -> Media:
    try:
        heard = soundfile.SoundFile(BytesIO(content))
    except (soundfile.LibsndfileError, TypeError):
        raise _unheard() from None
    out = BytesIO()
    try:
        with heard:
            if heard.format not in SOUNDS or heard.samplerate not in RATES or heard.channels > MOST_CHANNELS:
                raise _unheard()
            frames = _recorded(heard, out)
    except soundfile.LibsndfileError:
        raise AttachmentBroken(_("这段录音打不开")) from None
    if not frames:
        raise AttachmentBroken(_("这段录音是空的"))
    return Media("voice", "audio/mpeg", out.getvalue(), digest, milliseconds=round(frames * 1000 / heard.samplerate))


def _recorded(heard: soundfile.SoundFile, out: BytesIO) -> int:
    """Write what is heard as one channel of MP3, which plays everywhere, block by block; returns how many frames."""
    most = (limits.VOICE_SECONDS + 1) * heard.samplerate
    frames = 0
    with soundfile.SoundFile(
        out, "w", heard.samplerate, 1, format="MP3", bitrate_mode="VARIABLE", compression_level=0.7
    ) as made:
        while len(block := heard.read(BLOCK, dtype="float32", always_2d=True)):
            frames += len(block)
            if frames > most:
                raise _too_large("voice")
            made.write(np.clip(np.nan_to_num(block.mean(axis=1)), -1, 1))
    return frames


def _too_large(kind: Kind) -> PayloadTooLarge:
    if kind == "photo":
        return PayloadTooLarge(_("这张照片太大了"), remedy=_("请选小一些的照片，或把它截图后再选。"))
    return PayloadTooLarge(_("这段录音太长了"), remedy=_("每段录音最多 3 分钟，请分成几段。"))


def _unheard() -> UnsupportedType:
    return UnsupportedType(_("这段录音的格式读不了"), remedy=_("请用日记里的录音按钮再录一次。"))
