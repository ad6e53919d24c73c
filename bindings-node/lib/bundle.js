"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.withBundle = withBundle;
// The model that came with this package.
const node_fs_1 = require("node:fs");
const node_path_1 = require("node:path");
const BUNDLED = 'frontdesk-small';
/** Replaces the bundled model by the one that came with this package, unless the environment names it. */
function withBundle(options, name) {
    const bundle = (0, node_path_1.join)(__dirname, '..', 'models', BUNDLED);
    const model = options[name] ?? BUNDLED;
    const wanted = model === BUNDLED && !(0, node_fs_1.existsSync)(BUNDLED) && !('FRONTDESK_MODEL' in process.env);
    return wanted && (0, node_fs_1.existsSync)((0, node_path_1.join)(bundle, 'config.json')) ? { ...options, [name]: bundle } : options;
}
