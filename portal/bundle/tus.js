// What sending by pieces uses of tus-js-client, as one module: script/setup bundles it into build/front-end.

export { Upload } from "tus-js-client";
