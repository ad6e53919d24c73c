"use strict";
// Work that takes long: watched, and stopped at will.
Object.defineProperty(exports, "__esModule", { value: true });
