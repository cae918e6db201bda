package sandbox

import (
	"cmp"
	"encoding/xml"
	"net/http"
	"slices"
)

// What buckets are: of objects, or parallel file systems.
const (
	bucketObject = "OBJECT"
	bucketPosix  = "POSIX"
)

// obsNamespace is the form of the API reference, in which the host is the region's.
const obsNamespace = "http://obs.myhuaweicloud.com/doc/2015-06-30/"

const bucketTimeFormat = "2006-01-02T15:04:05.000Z"

type bucketList struct {
	XMLName xml.Name        `xml:"ListAllMyBucketsResult"`
	XMLNS   string          `xml:"xmlns,attr"`
	OwnerID string          `xml:"Owner>ID"`
	Buckets []accountBucket `xml:"Buckets>Bucket"`
}

// listBuckets shows the account's buckets of all regions: those of the document's own list, and those that DBSS lists in
// any project.
func listBuckets(c *call) answer {
	wanted := c.header.Get("X-Obs-Bucket-Type")
	if !slices.Contains([]string{"", bucketObject, bucketPosix}, wanted) {
		return c.obsRefusal(http.StatusBadRequest, "InvalidArgument")
	}
	list := bucketList{XMLNS: obsNamespace, OwnerID: domainID}
	for _, b := range c.cloud.allBuckets() {
		if wanted == "" || b.Type == wanted {
			list.Buckets = append(list.Buckets, b)
		}
	}
	return replyXML(http.StatusOK, list)
}

func (c *cloud) allBuckets() []accountBucket {
	byName := map[string]accountBucket{}
	for _, id := range c.ids {
		for _, b := range c.projects[id].dbss.list() {
			row := accountBucket{Name: b.Name, Location: b.Location}
			row.fillIn("")
			byName[b.Name] = row
		}
	}
	if c.buckets != nil {
		for _, b := range c.buckets.list() {
			byName[b.Name] = b
		}
	}
	var list []accountBucket
	for _, b := range byName {
		list = append(list, b)
	}
	return sorted(list, accountBucket.key)
}

func (b *accountBucket) fillIn(region string) {
	b.Location = cmp.Or(b.Location, region)
	b.CreationDate = cmp.Or(b.CreationDate, exampleBucketDate)
	b.Type = cmp.Or(b.Type, bucketObject)
}

// obsError is OBS's envelope.
type obsError struct {
	XMLName   xml.Name `xml:"Error"`
	Code      string   `xml:"Code"`
	Message   string   `xml:"Message"`
	Resource  string   `xml:"Resource"`
	RequestID string   `xml:"RequestId"`
	HostID    string   `xml:"HostId"`
}

func (c *call) obsRefusal(status int, code string) answer {
	return speaker{service: "obs", requestID: c.id, path: c.path}.refusal(status, code)
}

func replyXML(status int, body any) answer {
	data, err := xml.Marshal(body)
	if err != nil {
		panic(err) // our own values
	}
	return answer{status: status, body: append([]byte(xml.Header), data...)}.with("Content-Type", "application/xml")
}
