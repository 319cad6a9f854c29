# The portal's image: web, worker, beat and migrations run from it, each with a command of its own.

FROM node:22-slim AS front-end
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev
COPY portal/bundle portal/bundle
# the words of script/install.py
RUN node_modules/@esbuild/*/bin/esbuild portal/bundle/cornerstone.js portal/bundle/tus.js \
    --bundle --minify --format=esm --target=es2022 --legal-comments=linked \
    --alias:xmlbuilder2=./portal/bundle/absent.js --outdir=build/front-end --log-level=error

# mysqlclient has no Linux wheel: compilers stay in this stage
FROM python:3.11-slim-bookworm AS packages
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc pkg-config default-libmysqlclient-dev \
    && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/carina
COPY requirements-serve.lock ./
# what serves and the driver alone: an image without TensorFlow; each file must have a checksum of the lock
RUN /opt/carina/bin/pip install --no-cache-dir --require-hashes -r requirements-serve.lock

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends libmariadb3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin carina \
    && install -d -o carina -g carina -m 750 /data
ENV PATH=/opt/carina/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data
WORKDIR /app
COPY --from=packages /opt/carina /opt/carina
COPY --from=front-end /build/node_modules/bootstrap/dist ./node_modules/bootstrap/dist
COPY --from=front-end /build/node_modules/htmx.org/dist ./node_modules/htmx.org/dist
COPY --from=front-end /build/build/front-end ./build/front-end
COPY . .
# the key signs nothing here: collecting static files only needs one to be there
# and the portal's files are written for their own user alone, who is root here and not the one that serves them
RUN SECRET_KEY=building DATABASE_URL=sqlite:////tmp/unused python manage.py collectstatic --no-input \
    && chmod -R a+rX .
USER carina
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "--config", "python:portal.gunicorn", "--bind", "0.0.0.0:8000", "portal.wsgi"]
