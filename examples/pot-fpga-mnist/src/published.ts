/** Published spiking designs for MNIST, as their abstracts state them; nothing was measured again. */
export interface PublishedDesign {
  readonly name: string;
  readonly area: string;
  readonly latency: string;
  readonly accuracy: string;
  readonly source: string;
}

/** What is not stated is a dash. */
export const publishedDesigns: readonly PublishedDesign[] = [
  {
    name: "Spiker+",
    area: "7612 cells, 18 BRAM",
    latency: "780 us",
    accuracy: "93.85 %",
    source: "arXiv 2401.01141",
  },
  {
    name: "Flexi-NeurA, 256-128-10, 2 cores",
    area: "1623 cells, 7 BRAM",
    latency: "1.1 ms",
    accuracy: "97.23 %",
    source: "arXiv 2602.18140",
  },
  {
    name: "snn-fpga, Artix-7, 100 MHz",
    area: "6358 LUT, 40.5 BRAM",
    latency: "0.52 ms",
    accuracy: "-",
    source: "arXiv 2507.07284",
  },
  {
    name: "Skydiver, XC7Z045",
    area: "-",
    latency: "22.6 kFPS",
    accuracy: "98.5 %",
    source: "arXiv 2203.07516",
  },
  {
    name: "LIF only, differential time code",
    area: "-",
    latency: "0.29 ms",
    accuracy: "> 99 %",
    source: "arXiv 2505.11252",
  },
];
