# The operator's image: Python, natsop and the libraries that they load; no shell, no package manager.
#
# No step needs a network: `make wheels` has downloaded what requirements/ pins, checked by hash, to dist/wheels/. With
# SOURCE_DATE_EPOCH (`buildah build --timestamp`) two builds of the same parts have the same digest.

# Debian, since its C library is what the wheels are built for. The tests put a Debian with this Python in its place.
ARG PYTHON_IMAGE=docker.io/library/python:3.14-slim-trixie

FROM ${PYTHON_IMAGE} AS build
ARG SOURCE_DATE_EPOCH=315532800
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INDEX=1 PIP_ROOT_USER_ACTION=ignore \
    PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0
WORKDIR /src
COPY dist/wheels/ /wheels/
COPY requirements/build.txt requirements/operator.txt requirements/
RUN python3 -m venv /tools && python3 -m venv --without-pip /opt/natsop \
 && /tools/bin/pip install --require-hashes --find-links=/wheels --requirement=requirements/build.txt \
 && /tools/bin/pip wheel --require-hashes --find-links=/wheels --no-build-isolation --no-deps --wheel-dir=/built \
      --requirement=requirements/operator.txt \
 && /tools/bin/pip --python=/opt/natsop/bin/python3 install --no-compile --no-deps /built/*.whl
COPY pyproject.toml README.md LICENSE ./
COPY natsop_core/ natsop_core/
COPY natsop_runtime/ natsop_runtime/
COPY .image/ .image/
RUN /tools/bin/pip wheel --no-build-isolation --no-deps --wheel-dir=/ours . \
 && /tools/bin/pip --python=/opt/natsop/bin/python3 install --no-compile --no-deps /ours/*.whl \
 && /tools/bin/pip --python=/opt/natsop/bin/python3 check \
 && python3 .image/rootfs.py /opt/natsop /rootfs

# `--target=sbom --output=type=local,dest=dist` writes the bill of materials beside the image.
FROM scratch AS sbom
COPY --from=build /rootfs/usr/share/sbom/ /

FROM scratch
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="nats-operator" \
      org.opencontainers.image.description="natsop, a Kubernetes operator for NATS" \
      org.opencontainers.image.source="https://github.com/crewlet/nats-operator" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /rootfs/ /
ENV PATH=/opt/natsop/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
USER 65532:65532
ENTRYPOINT ["/opt/natsop/bin/natsop"]
CMD ["run"]
