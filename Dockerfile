# One image for every role; the command says which: `api`, `worker progress`, `db migrate`, …

FROM python:3.11-slim-bookworm AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_CACHE_DIR=/cache
RUN python -m venv /venv
COPY requirements.lock /tmp/
RUN --mount=type=cache,target=/cache \
    /venv/bin/pip install --require-hashes -r /tmp/requirements.lock

FROM python:3.11-slim-bookworm
RUN groupadd --system --gid 10001 edutrack \
    && useradd --system --uid 10001 --gid 10001 --home-dir /var/lib/edutrack --create-home --shell /usr/sbin/nologin edutrack
ENV PATH=/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    EDUTRACK_HOME=/var/lib/edutrack \
    EDUTRACK_HOST=0.0.0.0
COPY --from=packages /venv /venv
WORKDIR /app
COPY alembic.ini ./
COPY api api
COPY cli cli
COPY core core
COPY events events
COPY migrations migrations
COPY simulation simulation
COPY stack stack
COPY web web
COPY workers workers
COPY --chmod=755 deploy/edutrack deploy/healthcheck deploy/secret-key /usr/local/bin/
RUN python -m compileall -q /app
USER 10001:10001
VOLUME /var/lib/edutrack
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["edutrack"]
CMD ["api"]
