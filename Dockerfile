# One image with the three programs. Nothing here needs BuildKit.

# The workspace without its code: it changes only with the manifests, and with it the layer of dependencies below.
FROM rust:1-bookworm AS manifests
WORKDIR /src
COPY . .
RUN find crates -type f ! -name Cargo.toml ! -path '*/src/main.rs' ! -path '*/src/lib.rs' ! -path '*/benches/*' -delete \
 && for file in $(find crates -name '*.rs'); do echo '#![allow(warnings)] fn main() {}' > "$file"; done \
 && find crates -type d -empty -delete \
 && rm -rf lua

FROM rust:1-bookworm AS build
WORKDIR /src
COPY --from=manifests /src .
RUN cargo build --release --locked -p cli -p master -p worker
COPY . .
# COPY keeps the files' times, which are older than the empty programs just built: touch makes cargo look again.
RUN find crates -name '*.rs' -exec touch {} + \
 && cargo build --release --locked -p cli -p master -p worker

FROM debian:bookworm-slim
COPY --from=build /src/target/release/mapreduce /src/target/release/master /src/target/release/worker /usr/local/bin/
# Where workers spill: a volume in place of it keeps these rights, and is a disk, which /tmp need not be.
RUN install -d -m 1777 /spill
USER 1000:1000
RUN mapreduce --version && master --version && worker --version
CMD ["mapreduce", "--help"]
