"use strict";
// Long work that reports its progress and can be stopped.
Object.defineProperty(exports, "__esModule", { value: true });
