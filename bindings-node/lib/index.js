"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.train = exports.FrontdeskError = exports.Engine = void 0;
var engine_js_1 = require("./engine.js");
Object.defineProperty(exports, "Engine", { enumerable: true, get: function () { return engine_js_1.Engine; } });
var errors_js_1 = require("./errors.js");
Object.defineProperty(exports, "FrontdeskError", { enumerable: true, get: function () { return errors_js_1.FrontdeskError; } });
var training_js_1 = require("./training.js");
Object.defineProperty(exports, "train", { enumerable: true, get: function () { return training_js_1.train; } });
