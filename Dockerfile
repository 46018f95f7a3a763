# One image for every process: `xinlu serve` (with its worker inside), `xinlu worker`, and any other command.
FROM python:3.12-slim AS build

ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PATH=/opt/venv/bin:$PATH
WORKDIR /srv/xinlu
RUN python -m venv /opt/venv
COPY requirements-build.txt requirements.txt ./
RUN pip install --quiet --require-hashes --requirement requirements-build.txt \
    && pip install --quiet --require-hashes --no-build-isolation --requirement requirements.txt
COPY pyproject.toml README.md LICENSE alembic.ini ./
COPY app app
COPY nlp nlp
COPY migrations migrations
RUN pip install --quiet --no-deps --no-build-isolation --editable . \
    && python -m compileall -q app nlp migrations \
    && pip uninstall --quiet --yes setuptools pip


FROM python:3.12-slim

# A font with Chinese characters, for the curves that are asked for as PNG.
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends fonts-droid-fallback \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 xinlu \
    && useradd --system --uid 10001 --gid xinlu --home-dir /var/lib/xinlu --create-home xinlu \
    && chmod 700 /var/lib/xinlu
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/xinlu /srv/xinlu

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    XINLU_DATA_DIR=/var/lib/xinlu \
    XINLU_HOST=0.0.0.0 \
    XINLU_PORT=8000 \
    XINLU_LOG_FORMAT=json
WORKDIR /srv/xinlu
USER xinlu
VOLUME /var/lib/xinlu
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['XINLU_PORT']}/healthz\", timeout=4)"]
CMD ["sh", "-c", "xinlu migrate && exec xinlu serve"]
