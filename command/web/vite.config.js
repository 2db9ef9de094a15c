import { defineConfig } from "vite";

// No inlined files: the page's policy allows nothing but its own origin.
export default defineConfig({
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: "es2022" },
});
