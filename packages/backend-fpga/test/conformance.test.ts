import { describeBackend } from "@nirkit/backend/conformance";
import fpga from "../src/index.ts";

describeBackend(fpga);
