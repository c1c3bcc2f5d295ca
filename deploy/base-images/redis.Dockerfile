# A stand-in for redis:7.4, made by `cargo xtask base-images`: Debian's redis-server, used as the official image is.
FROM debian:bookworm-slim
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
# The official image's user and group have these numbers: a /data volume fits both.
RUN groupadd --system --gid 999 redis \
 && useradd --system --gid redis --uid 999 redis \
 && apt-get update \
 && apt-get install -y --no-install-recommends redis-server \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -o redis -g redis /data
VOLUME /data
WORKDIR /data
USER redis
EXPOSE 6379
CMD ["redis-server"]
