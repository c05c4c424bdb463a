cwlVersion: v1.2
$namespaces:
  calrissian: https://calrissian-cwl.github.io/schema#
  s: https://schema.org/
s:name: burned-area
s:description: Burned area and its severity between two Sentinel-2 scenes
s:softwareVersion: 0.1.0
s:license: https://spdx.org/licenses/MIT
s:keywords: [sentinel-2, burned area, dNBR, STAC, COG]
s:dateCreated: "2026-11-24"
s:publisher: {class: s:Organization, s:name: The cloudless-mosaic maintainers}
s:softwareHelp: {class: s:CreativeWork, s:name: Map what a fire burned}
$graph:
  - class: Workflow
    id: main
    label: Burned area
    doc: Compares a Sentinel-2 scene before with one after a fire; gives maps of the change and of its severity.
    inputs:
      pre-fire-url:
        type: string
        label: Scene before the fire
        doc: Address of its STAC item (Level-2A)
      post-fire-url:
        type: string
        label: Scene after the fire
        doc: Address of its STAC item, of the same collection
      index:
        type:
          type: enum
          symbols: [dnbr, rbr, bai]
        default: dnbr
        label: Index
        doc: What bai.tif holds; severity.tif is always by dNBR
      aoi:
        type: string?
        label: Area of interest
        doc: West, south, east, north in degrees, with commas; all of the overlap without it
    outputs:
      stac-catalog:
        type: Directory
        label: Maps
        doc: A STAC catalog with one item, the map of the change and that of its severity
        outputSource: compare/stac-catalog
    steps:
      compare:
        label: Compare the scenes
        doc: On the Dask cluster of the runner, or by threads where it starts none
        run: '#burned-area'
        in:
          pre-fire-url: pre-fire-url
          post-fire-url: post-fire-url
          index: index
          aoi: aoi
        out: [stac-catalog]
  - class: CommandLineTool
    id: burned-area
    label: burned-area
    doc: Compares the scenes and writes the maps
    requirements:
      calrissian:DaskGatewayRequirement:
        workerCores: 1
        workerCoresLimit: 1
        workerMemory: 4G
        clusterMaxCores: 8
        clusterMaxMemory: 32G
      NetworkAccess:
        networkAccess: true
      ResourceRequirement:
        coresMin: 1
        coresMax: 4
        ramMin: 2000
        ramMax: 8000
    hints:
      DockerRequirement:
        dockerPull: cloudless-mosaic:latest
    baseCommand: burned-area
    arguments: [--output-dir=stac-catalog]
    inputs:
      # every option in one word with its value, which may begin with a minus
      pre-fire-url:
        type: string
        label: Scene before the fire
        doc: Address of its STAC item (Level-2A)
        inputBinding: {prefix: --pre-fire-url=, separate: false}
      post-fire-url:
        type: string
        label: Scene after the fire
        doc: Address of its STAC item, of the same collection
        inputBinding: {prefix: --post-fire-url=, separate: false}
      index:
        type:
          type: enum
          symbols: [dnbr, rbr, bai]
        label: Index
        doc: What bai.tif holds; severity.tif is always by dNBR
        inputBinding: {prefix: --index=, separate: false}
      aoi:
        type: string?
        label: Area of interest
        doc: West, south, east, north in degrees, with commas; all of the overlap without it
        inputBinding: {prefix: --aoi=, separate: false}
    outputs:
      stac-catalog:
        type: Directory
        label: Maps
        doc: A STAC catalog with one item, the map of the change and that of its severity
        outputBinding: {glob: stac-catalog}
      # written last of all: without it the step fails, even where a runner loses the exit code
      catalog:
        type: File
        label: Catalog
        doc: The catalog in that folder
        outputBinding: {glob: stac-catalog/catalog.json}
    successCodes: [0]
    temporaryFailCodes: [75]
    permanentFailCodes: [1, 2, 3, 4]
