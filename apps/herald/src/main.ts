import { x } from "@countersign/nestjs"; console.log(x);
