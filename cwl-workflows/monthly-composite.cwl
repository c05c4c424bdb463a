cwlVersion: v1.2
$namespaces:
  calrissian: https://calrissian-cwl.github.io/schema#
  s: https://schema.org/
s:name: cloudless-mosaic
s:description: Monthly cloud-free mosaics of Sentinel-2 scenes from a STAC search
s:softwareVersion: 0.1.0
s:license: https://spdx.org/licenses/MIT
s:keywords: [sentinel-2, mosaic, cloud-free, STAC, COG, dask]
s:dateCreated: "2026-11-24"
s:publisher: {class: s:Organization, s:name: The cloudless-mosaic maintainers}
s:softwareHelp: {class: s:CreativeWork, s:name: Run the application packages}
$graph:
  - class: Workflow
    id: main
    label: Monthly cloud-free mosaics
    doc: >-
      Searches a STAC API for Sentinel-2 scenes and makes a cloud-free median of every month, or of other periods; gives
      Cloud-Optimized GeoTIFFs with a STAC catalog.
    inputs:
      start-date:
        type: string
        default: "2020-10-01"
        label: First day
        doc: YYYY-MM-DD, UTC
      end-date:
        type: string
        default: "2020-12-31"
        label: Last day
        doc: YYYY-MM-DD, UTC, inclusive
      aoi:
        type: string
        default: -122.27508544921875,47.54687159892238,-121.96128845214844,47.745787772920934
        label: Area of interest
        doc: West, south, east, north in degrees, with commas; or polygons as GeoJSON text
      bands:
        type: string[]
        default: [nir, red, green]
        label: Bands
        doc: Common names, such as red, or names of the product, such as B04
      collection:
        type: string
        default: sentinel-2-l2a
        label: Collection
        doc: Name of the STAC collection
      resolution:
        type: int
        default: 100
        label: Resolution
        doc: Edge of a pixel, metres
      max_items:
        type: int
        default: 1000
        label: Most scenes
        doc: Where there are more, the least cloudy of every period are used
      max_cloud_cover:
        type: int
        default: 25
        label: Most cloud
        doc: Scenes with more cloud, in percent, are left out
      stac-url:
        type: string
        default: https://planetarycomputer.microsoft.com/api/stac/v1
        label: STAC API
        doc: Where scenes are searched
      period:
        type: string
        default: month
        label: Period
        doc: month, week, dekad, 16days or another number of days, season, quarter, year or all
      every-year:
        type: string?
        label: Days of each year
        doc: MM-DD..MM-DD; all days where it is left out
      name:
        type: string?
        label: Name
        doc: Of the mosaics in ids and paths, and of their collection; monthly-mosaic where it is left out
      window:
        type: string?
        label: Window
        doc: 3months or 45days around each period that its scenes are from; the period where it is left out
      fill:
        type: string
        default: none
        label: Filled pixels
        doc: none, or window:DAYS, neighbours:N, relax and interpolate, with commas, in their order
      clip:
        type: boolean?
        label: Cut
        doc: Cut to the polygons of the area
      buffer:
        type: double?
        label: Buffer
        doc: Metres by which the area grows on all sides
      grid:
        type: string?
        label: Grid
        doc: sentinel-2, landsat, hls, eea, deafrica or bdc; that of the scenes where it is left out
      tile:
        type: string[]
        default: []
        label: Tiles
        doc: >-
          Tiles of the MGRS whose grid and extent to take in place of the area's, such as 10TET; several have a folder
          each
      tiles-of-aoi:
        type: boolean?
        label: Tiles of the area
        doc: Mosaics of each tile of the MGRS that the area meets, each in a folder of its own
      name-from:
        type: string?
        label: Name from
        doc: Property of the features of a GeoJSON area; mosaics of each are in a folder of that name
      like:
        type: File?
        label: Like
        doc: Raster or STAC item whose grid and extent to take
      provider:
        type: string?
        label: Provider
        doc: Name of a provider, for its STAC API, collection and profile; see cloudless-mosaic providers
      reducer:
        type: string
        default: median
        label: Reducer
        doc: >-
          How the clear observations of a pixel become one value: median, percentile:Q, mean, geomedian, medoid,
          best, max:INDEX, nearest, first or last
      index:
        type: string[]
        default: []
        label: Spectral indices
        doc: Names of indices to write beside the mosaics, such as NDVI
      index-of:
        type: string
        default: composite
        label: What indices are of
        doc: composite, for the index of the reduced bands, or dates, for the indices of the dates, reduced
      layer:
        type: string[]
        default: []
        label: Layers
        doc: Rasters to write beside the mosaics, of date, age, spread, source, flags and mask
      mask:
        type: string
        default: auto
        label: Cloud mask
        doc: auto, multidate, ukis, omnicloudmask, scl, deafrica, cdse, worldcereal or none
      mask-option:
        type: string[]
        default: []
        label: Options of the cloud mask
        doc: KEY=VALUE
      run-file:
        type: boolean?
        label: Run file
        doc: Write run.json beside the catalog, with times, requests, losses and versions
    outputs:
      stac-catalog:
        type: Directory
        label: Mosaics
        doc: A STAC catalog with an item and a folder of GeoTIFFs for every period
        outputSource: compose/stac-catalog
    steps:
      compose:
        label: Make the mosaics
        doc: On the Dask cluster of the runner, or by threads where it starts none
        run: '#cloudless-mosaic'
        in:
          start-date: start-date
          end-date: end-date
          aoi: aoi
          bands: bands
          collection: collection
          resolution: resolution
          max_items: max_items
          max_cloud_cover: max_cloud_cover
          stac-url: stac-url
          period: period
          every-year: every-year
          name: name
          window: window
          fill: fill
          clip: clip
          buffer: buffer
          grid: grid
          tile: tile
          tiles-of-aoi: tiles-of-aoi
          name-from: name-from
          like: like
          provider: provider
          reducer: reducer
          index: index
          index-of: index-of
          layer: layer
          mask: mask
          mask-option: mask-option
          run-file: run-file
        out: [stac-catalog]
  - class: CommandLineTool
    id: cloudless-mosaic
    label: cloudless-mosaic
    doc: Makes the mosaics of all periods
    requirements:
      # calrissian looks for it here, and for exactly these fields; whole numbers, and K, M, G or T
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
        ramMin: 4000
        ramMax: 8000
    # a hint, so that the tool also runs where it is installed, without a container
    hints:
      DockerRequirement:
        dockerPull: cloudless-mosaic:latest
    baseCommand: cloudless-mosaic
    arguments: [--output-dir=stac-catalog]
    inputs:
      # every option in one word with its value, which may begin with a minus
      start-date:
        type: string
        label: First day
        doc: YYYY-MM-DD, UTC
        inputBinding: {prefix: --start-date=, separate: false}
      end-date:
        type: string
        label: Last day
        doc: YYYY-MM-DD, UTC, inclusive
        inputBinding: {prefix: --end-date=, separate: false}
      aoi:
        type: string
        label: Area of interest
        doc: West, south, east, north in degrees, with commas; or polygons as GeoJSON text
        inputBinding: {prefix: --aoi=, separate: false}
      bands:
        type:
          type: array
          items: string
          inputBinding: {prefix: --bands=, separate: false}
        label: Bands
        doc: Common names, or names of the product
      collection:
        type: string
        label: Collection
        doc: Name of the STAC collection
        inputBinding: {prefix: --collection=, separate: false}
      resolution:
        type: int
        label: Resolution
        doc: Edge of a pixel, metres
        inputBinding: {prefix: --resolution=, separate: false}
      max_items:
        type: int
        label: Most scenes
        doc: Where there are more, the least cloudy of every period are used
        inputBinding: {prefix: --max-items=, separate: false}
      max_cloud_cover:
        type: int
        label: Most cloud
        doc: Scenes with more cloud, in percent, are left out
        inputBinding: {prefix: --max-cloud-cover=, separate: false}
      stac-url:
        type: string
        label: STAC API
        doc: Where scenes are searched
        inputBinding: {prefix: --stac-url=, separate: false}
      period:
        type: string
        label: Period
        doc: month, week, dekad, 16days or another number of days, season, quarter, year or all
        inputBinding: {prefix: --period=, separate: false}
      every-year:
        type: string?
        label: Days of each year
        doc: MM-DD..MM-DD; all days where it is left out
        inputBinding: {prefix: --every-year=, separate: false}
      name:
        type: string?
        label: Name
        doc: Of the mosaics in ids and paths, and of their collection; monthly-mosaic where it is left out
        inputBinding: {prefix: --name=, separate: false}
      window:
        type: string?
        label: Window
        doc: 3months or 45days around each period that its scenes are from; the period where it is left out
        inputBinding: {prefix: --window=, separate: false}
      fill:
        type: string
        label: Filled pixels
        doc: none, or window:DAYS, neighbours:N, relax and interpolate, with commas, in their order
        inputBinding: {prefix: --fill=, separate: false}
      clip:
        type: boolean?
        label: Cut
        doc: Cut to the polygons of the area
        inputBinding: {prefix: --clip}
      buffer:
        type: double?
        label: Buffer
        doc: Metres by which the area grows on all sides
        inputBinding: {prefix: --buffer=, separate: false}
      grid:
        type: string?
        label: Grid
        doc: sentinel-2, landsat, hls, eea, deafrica or bdc; that of the scenes where it is left out
        inputBinding: {prefix: --grid=, separate: false}
      tile:
        type:
          type: array
          items: string
          inputBinding: {prefix: --tile=, separate: false}
        label: Tiles
        doc: Tiles of the MGRS whose grid and extent to take in place of the area's, such as 10TET
      tiles-of-aoi:
        type: boolean?
        label: Tiles of the area
        doc: Mosaics of each tile of the MGRS that the area meets, each in a folder of its own
        inputBinding: {prefix: --tiles-of-aoi}
      name-from:
        type: string?
        label: Name from
        doc: Property of the features of a GeoJSON area; mosaics of each are in a folder of that name
        inputBinding: {prefix: --name-from=, separate: false}
      like:
        type: File?
        label: Like
        doc: Raster or STAC item whose grid and extent to take
        inputBinding: {prefix: --like=, separate: false}
      provider:
        type: string?
        label: Provider
        doc: Name of a provider, for its STAC API, collection and profile; see cloudless-mosaic providers
        inputBinding: {prefix: --provider=, separate: false}
      reducer:
        type: string
        label: Reducer
        doc: How the clear observations of a pixel become one value
        inputBinding: {prefix: --reducer=, separate: false}
      index:
        type:
          type: array
          items: string
          inputBinding: {prefix: --index=, separate: false}
        label: Spectral indices
        doc: Names of indices to write beside the mosaics, such as NDVI
      index-of:
        type: string
        label: What indices are of
        doc: composite or dates
        inputBinding: {prefix: --index-of=, separate: false}
      layer:
        type:
          type: array
          items: string
          inputBinding: {prefix: --layer=, separate: false}
        label: Layers
        doc: Rasters to write beside the mosaics
      mask:
        type: string
        label: Cloud mask
        doc: Name of a recipe
        inputBinding: {prefix: --mask=, separate: false}
      mask-option:
        type:
          type: array
          items: string
          inputBinding: {prefix: --mask-option=, separate: false}
        label: Options of the cloud mask
        doc: KEY=VALUE
      run-file:
        type: boolean?
        label: Run file
        doc: Write run.json beside the catalog, with times, requests, losses and versions
        inputBinding: {prefix: --run-file}
    outputs:
      stac-catalog:
        type: Directory
        label: Mosaics
        doc: A STAC catalog with an item and a folder of GeoTIFFs for every period
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
