# syntax=docker/dockerfile:1.7
# Builds for linux/amd64 and linux/arm64:
#   docker buildx build --platform linux/amd64,linux/arm64 --tag ghcr.io/conductionnl/openconnector:<version> .
# Build the page first (`make ui`): it lands in ex_app/js and ex_app/css, and without it the app has no page.
ARG PYTHON_IMAGE=python:3.13-slim-bookworm
ARG FRP_VERSION=0.61.1
# A mirror of frp's releases, for a network that cannot reach the usual place.
ARG FRP_RELEASES=https://github.com/fatedier/frp/releases/download

# The client of HaRP's tunnel. One stage per processor, so that each archive is checked against its own sum.
FROM scratch AS frp-amd64
ARG FRP_VERSION FRP_RELEASES
ADD --checksum=sha256:bff260b68ca7b1461182a46c4f34e9709ba32764eed30a15dd94ac97f50a2c40 \
	${FRP_RELEASES}/v${FRP_VERSION}/frp_${FRP_VERSION}_linux_amd64.tar.gz /frp.tar.gz

FROM scratch AS frp-arm64
ARG FRP_VERSION FRP_RELEASES
ADD --checksum=sha256:af6366f2b43920ebfe6235dba6060770399ed1fb18601e5818552bd46a7621f8 \
	${FRP_RELEASES}/v${FRP_VERSION}/frp_${FRP_VERSION}_linux_arm64.tar.gz /frp.tar.gz

FROM frp-${TARGETARCH} AS frp

FROM ${PYTHON_IMAGE} AS build
COPY --from=frp /frp.tar.gz /tmp/frp.tar.gz
RUN tar --extract --gzip --file /tmp/frp.tar.gz --directory /usr/local/bin --strip-components 1 --wildcards '*/frpc'
WORKDIR /build
COPY docker/requirements.lock docker/build.lock docker/
RUN python -m venv /app \
	&& /app/bin/pip install --no-cache-dir --no-deps --require-hashes --requirement docker/requirements.lock \
	&& pip install --no-cache-dir --no-deps --require-hashes --requirement docker/build.lock
COPY pyproject.toml README.md LICENSE ./
COPY lib lib
COPY ex_app ex_app
COPY examples examples
COPY templates templates
COPY img ex_app/img
COPY l10n l10n
COPY l10n ex_app/l10n
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /dist . \
	&& /app/bin/pip install --no-cache-dir --no-deps --no-index /dist/openconnector-*.whl

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="OpenConnector" \
	org.opencontainers.image.source="https://github.com/ConductionNL/openconnector" \
	org.opencontainers.image.licenses="AGPL-3.0-or-later"
RUN groupadd --system --gid 10001 openconnector \
	&& useradd --system --uid 10001 --gid openconnector --no-create-home --shell /usr/sbin/nologin openconnector
COPY --from=build /usr/local/bin/frpc /usr/local/bin/frpc
COPY --from=build /app /app
COPY docker/frpc.toml /etc/openconnector/frpc.toml
COPY --chmod=0755 docker/start.sh /usr/local/bin/start
COPY --chmod=0644 docker/healthcheck.py /usr/local/lib/healthcheck.py
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /
# Nextcloud installs its certificates into the container as root, so root is where it starts;
# `start` gives root up before the first line of the app runs.
USER root
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s --retries=3 \
	CMD ["python", "-I", "/usr/local/lib/healthcheck.py"]
ENTRYPOINT ["start"]
CMD ["python", "-m", "ex_app"]
