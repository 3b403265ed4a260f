export { MemoryColdStore } from "./memory-cold-store.ts";
