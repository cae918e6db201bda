package cloud

// row is where a cloud has a service.
type row struct {
	regions string // that are known to have it, apart by blanks
	// closed says that no other region has it. Otherwise a region that the whole table does not name is taken for a new
	// one, which has the service like the others do.
	closed bool
	// global is the host that serves all regions that have none of their own, also those that the table does not name; not
	// those of the European clouds apart.
	global string
	hosts  map[string]string // of the regions that do not follow the cloud's pattern
}

// table is the services that writ calls, by cloud. Its source for Huawei Cloud are the region files of the official Go
// SDK, v0.1.207, with the differences that endpoint_sdk_test.go names; for Open Telekom Cloud the page "Regions and
// Endpoints" of its documentation.
var table = map[string]map[string]row{
	HuaweiCloud: {
		"dbss": {regions: "af-north-1 af-south-1 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 " +
			"cn-east-2 cn-east-3 cn-east-4 cn-east-5 cn-north-1 cn-north-2 cn-north-4 cn-north-9 cn-north-11 cn-north-12 " +
			"cn-south-1 cn-south-2 cn-south-4 cn-southwest-2 cn-southwest-3 eu-west-101 la-north-2 la-south-2 me-east-1 " +
			"my-kualalumpur-1 ru-moscow-1 ru-northwest-2 sa-brazil-1 tr-west-1"},
		"dli": {regions: "ae-ad-1 af-north-1 af-south-1 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 " +
			"cn-east-2 cn-east-3 cn-east-4 cn-east-5 cn-north-1 cn-north-2 cn-north-4 cn-north-9 cn-south-1 cn-southwest-2 " +
			"eu-west-0 eu-west-101 la-north-2 la-south-2 me-east-1 my-kualalumpur-1 na-mexico-1 ru-moscow-1 ru-northwest-2 " +
			"sa-brazil-1 tr-west-1"},
		"iam": {regions: "ae-ad-1 af-south-1 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 " +
			"cn-east-2 cn-east-3 cn-east-4 cn-east-5 cn-north-1 cn-north-2 cn-north-4 cn-north-9 cn-north-12 " +
			"cn-south-1 cn-south-2 cn-southwest-2 eu-west-0 eu-west-101 la-north-2 la-south-2 me-east-1 my-kualalumpur-1 " +
			"na-mexico-1 ru-moscow-1 sa-brazil-1 tr-west-1",
			global: "iam.myhuaweicloud.com"},
		"modelarts": {regions: "af-north-1 af-south-1 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 " +
			"cn-east-3 cn-east-4 cn-north-1 cn-north-2 cn-north-4 cn-north-9 cn-north-11 cn-north-12 cn-south-1 " +
			"cn-southwest-2 cn-southwest-3 eu-west-101 la-north-2 la-south-2 me-east-1 sa-brazil-1 tr-west-1"},
		"mpc": {regions: "ap-southeast-3 cn-east-2 cn-east-3 cn-north-1 cn-north-4 cn-south-1 cn-southwest-2", closed: true,
			hosts: map[string]string{"cn-north-1": "mts.cn-north-1.myhuaweicloud.com"}},
		"obs": {}, // every region has it
	},
	OTC: {
		"dbss":      {closed: true},
		"dli":       {regions: "eu-de", closed: true},
		"iam":       {regions: "eu-de eu-nl", closed: true},
		"modelarts": {regions: "eu-de", closed: true},
		"mpc":       {closed: true},
		"obs":       {regions: "eu-de eu-nl", closed: true},
	},
}

// metadata is where a cloud server asks for its own keys, in every cloud and region.
const metadata = "http://169.254.169.254"
