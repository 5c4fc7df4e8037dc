# syntax=docker/dockerfile:1

FROM rust:1-bookworm AS builder
WORKDIR /build
COPY . .
# What is downloaded and compiled is kept between builds. The sources are touched because those of another version may be
# older than what was compiled from it. The program is copied: the folder `target` is not in the image.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/build/target,sharing=locked \
    touch src/lib.rs src/main.rs \
    && cargo build --release --locked --bin tom-alerts \
    && cp target/release/tom-alerts tom-alerts

FROM debian:bookworm-slim
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/tom-alerts tom-alerts
COPY --from=builder /build/tom-alerts /usr/local/bin/tom-alerts
COPY --from=builder /build/LICENSE-MIT /build/LICENSE-APACHE /usr/share/doc/tom-alerts/
USER 10001
# Without sign-in the service answers on loopback only, so the container shares the host's network:
#   docker run --network host -e DATABASE_URL=postgres://… tom-alerts
ENV TOM_ALERTS_LISTEN=127.0.0.1:8000 \
    TOM_ALERTS_DATA_DIR=/var/lib/tom-alerts
VOLUME /var/lib/tom-alerts
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["tom-alerts", "healthcheck"]
ENTRYPOINT ["tom-alerts"]
