# One image with the programs mapreduce, master and worker. It needs no BuildKit.

# A package of this workspace whose program replaces `mapreduce`, such as one in examples/. Start it as a master and as
# a worker by `mapreduce master` and `mapreduce worker`.
ARG PACKAGE=

# The manifests with empty sources. This layer and the build of all dependencies below change only with a manifest.
FROM rust:1-bookworm AS manifests
WORKDIR /src
COPY . .
RUN find crates examples -type f ! -name Cargo.toml ! -path '*/src/main.rs' ! -path '*/src/lib.rs' ! -path '*/benches/*' -delete \
 && for file in $(find crates examples -name '*.rs'); do echo '#![allow(warnings)] fn main() {}' > "$file"; done \
 && find crates examples -type d -empty -delete \
 && rm -rf lua

FROM rust:1-bookworm AS build
ENV PROGRAMS="-p mapreduce-cli -p mapreduce-master -p mapreduce-worker"
WORKDIR /src
COPY --from=manifests /src .
RUN cargo build --release --locked $PROGRAMS
COPY . .
# COPY keeps file times, which are older than the empty programs, so that cargo would not build the real ones.
RUN find crates examples -name '*.rs' -exec touch {} + \
 && cargo build --release --locked $PROGRAMS
# The crates of the workspace are built by now, so that the program of PACKAGE only has to be linked.
ARG PACKAGE
RUN [ -z "$PACKAGE" ] || cargo build --release --locked -p "$PACKAGE" $PROGRAMS
# Compressed debug information takes a third of the space.
RUN cd target/release && mkdir /programs \
 && compress="objcopy --compress-debug-sections=zlib" \
 && $compress "${PACKAGE:-mapreduce}" /programs/mapreduce \
 && $compress master /programs/master \
 && $compress worker /programs/worker

FROM debian:bookworm-slim
# Debian packages that the commands of streaming jobs need, such as python3.
ARG DEBIAN_PACKAGES=
RUN [ -z "$DEBIAN_PACKAGES" ] || { apt-get update && apt-get install -y --no-install-recommends $DEBIAN_PACKAGES && rm -rf /var/lib/apt/lists/*; }
COPY --from=build /programs/ /usr/local/bin/
# The folder where workers spill. A volume mounted here keeps this mode, and is on disk, unlike /tmp.
RUN install -d -m 1777 /spill
USER 1000:1000
RUN mapreduce --version && master --version && worker --version
CMD ["mapreduce", "--help"]
