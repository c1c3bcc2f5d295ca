# One image with three programs: mapreduce, master and worker. Nothing here needs BuildKit.

# The package whose jobs they know: PACKAGE is a crate with the programs PACKAGE, PACKAGE-master and PACKAGE-worker, as
# those in examples/ are. Without it they know the jobs that come along.
ARG PACKAGE=

# The workspace without its code: it changes only with the manifests, and with it the layer of dependencies below.
FROM rust:1-bookworm AS manifests
WORKDIR /src
COPY . .
RUN find crates examples -type f ! -name Cargo.toml ! -path '*/src/main.rs' ! -path '*/src/lib.rs' ! -path '*/src/bin/*' ! -path '*/benches/*' -delete \
 && for file in $(find crates examples -name '*.rs'); do echo '#![allow(warnings)] fn main() {}' > "$file"; done \
 && find crates examples -type d -empty -delete \
 && rm -rf lua

FROM rust:1-bookworm AS build
WORKDIR /src
COPY --from=manifests /src .
RUN cargo build --release --locked -p cli -p master -p worker
COPY . .
# COPY keeps the files' times, which are older than the empty programs just built: touch makes cargo look again.
RUN find crates examples -name '*.rs' -exec touch {} + \
 && cargo build --release --locked -p cli -p master -p worker
# The programs of PACKAGE are little more than those above under other names, whose layer the next PACKAGE has already.
ARG PACKAGE
RUN [ -z "$PACKAGE" ] || cargo build --release --locked -p "$PACKAGE"
# Compressed, what names the lines of backtraces takes a third of the space.
RUN cd target/release && mkdir /programs \
 && compress="objcopy --compress-debug-sections=zlib" \
 && $compress "${PACKAGE:-mapreduce}" /programs/mapreduce \
 && $compress "${PACKAGE:+$PACKAGE-}master" /programs/master \
 && $compress "${PACKAGE:+$PACKAGE-}worker" /programs/worker

FROM debian:bookworm-slim
# Packages of Debian that the commands of streaming jobs need, such as python3.
ARG DEBIAN_PACKAGES=
RUN [ -z "$DEBIAN_PACKAGES" ] || { apt-get update && apt-get install -y --no-install-recommends $DEBIAN_PACKAGES && rm -rf /var/lib/apt/lists/*; }
COPY --from=build /programs/ /usr/local/bin/
# Where workers spill: a volume in place of it keeps these rights, and is a disk, which /tmp need not be.
RUN install -d -m 1777 /spill
USER 1000:1000
RUN mapreduce --version && master --version && worker --version
CMD ["mapreduce", "--help"]
