"""What the environment says about the network, in one meaning for every client of this package.

requests, the object store and GDAL read different variables. Only this package reads them: requests and the
object store are configured from what it finds, and GDAL sends no request of its own. Each process reads its
own environment, so Dask workers need the same variables as the client.
"""
