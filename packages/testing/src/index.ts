export { x } from "@countersign/core";
