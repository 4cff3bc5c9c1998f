# The job with everything that it needs at run time: Python packages, Java 17, jars. No server is inside.
# It writes to .data and /tmp only: the root file system may be read-only. /tmp must let programs run (native codecs).
# --target dashboard: the live page, without Java and Spark; it writes nothing.
FROM python:3.11.14-slim-bookworm AS python

WORKDIR /app

FROM python AS dashboard-packages

# What neither page nor connection imports: Spark, the embedded server (GPL), and what speaks to Kafka, X and the count's
# page. The lock has all that is left, so that nothing else is resolved.
COPY requirements-dashboard.txt ./
RUN python -m venv .venv \
 && grep -v -E '^(pyspark|py4j|secantusdb|confluent-kafka|tweepy|beautifulsoup4|lxml)==' requirements-dashboard.txt \
    >packages.txt \
 && .venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --no-deps -r packages.txt

FROM python AS dashboard

ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="casestream dashboard" \
      org.opencontainers.image.description="What casestream's jobs do and have stored, on a live page" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="docker.io/library/python:3.11.14-slim-bookworm"

RUN useradd --uid 10001 --create-home casestream
COPY --from=dashboard-packages /app/.venv .venv
COPY . .

ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
EXPOSE 8501
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
ENTRYPOINT ["python", "-m", "streamlit", "run", "dashboard/app.py", "--server.address=0.0.0.0", "--"]

FROM python AS base

# Debian keeps one build of each package: a pinned one would be gone with the next security fix.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends openjdk-17-jre-headless \
 && rm -rf /var/lib/apt/lists/*

FROM base AS packages

RUN python -m venv .venv
COPY requirements.txt ./
RUN .venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check -r requirements.txt
COPY runtime/__init__.py runtime/java.py runtime/ivy.py runtime/jars.py runtime/class_archive.py runtime/
RUN .venv/bin/python -m runtime.jars && .venv/bin/python -m runtime.class_archive

FROM base

ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="casestream" \
      org.opencontainers.image.description="Live public posts with the world's coronavirus case count, into MongoDB" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="docker.io/library/python:3.11.14-slim-bookworm"

# Hadoop asks the system for the user's name; .data holds checkpoint and spool.
RUN useradd --uid 10001 --create-home casestream \
 && install --directory --owner=casestream --group=casestream .data
COPY --from=packages /app/.venv .venv
COPY . .

ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
VOLUME /app/.data
# Whether it lives; whether it is ready, says /readyz there. What it has stored is in MongoDB: manage.py show, verify.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:%s/healthz' % os.getenv('CASESTREAM_METRICS_PORT', 9109), timeout=4)"]
ENTRYPOINT ["python", "main.py"]
