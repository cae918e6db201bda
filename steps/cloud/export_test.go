package cloud

// EndpointOf shows the tests what the table says.
func EndpointOf(cloud, region, service string) (string, error) {
	return (&Client{cloud: cloud, region: region}).endpoint(service)
}
