# The hub for production. Build: docker build -t household-facts-hub .
FROM python:3.11.14-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /app/.venv
COPY requirements-run.lock .
RUN /app/.venv/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements-run.lock

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10152 --home-dir /var/lib/hub --create-home hub
WORKDIR /app
COPY --from=build /app/.venv /app/.venv
COPY hub hub
COPY schema schema
COPY connectors connectors
COPY policies policies
COPY migrations migrations
USER hub
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HUB_DIRECTORY=/var/lib/hub
EXPOSE 8152
ENTRYPOINT ["python", "-m", "hub"]
CMD ["serve"]
