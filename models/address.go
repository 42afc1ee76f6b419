package models

import "net"

// unroutable are networks that no public service stands in, beyond those that net knows.
var unroutable = []net.IPNet{
	{IP: net.IPv4(100, 64, 0, 0).To4(), Mask: net.CIDRMask(10, 32)}, // behind carriers
	{IP: net.IPv4(192, 0, 0, 0).To4(), Mask: net.CIDRMask(24, 32)},
	{IP: net.IPv4(198, 18, 0, 0).To4(), Mask: net.CIDRMask(15, 32)},
	{IP: net.IPv4(240, 0, 0, 0).To4(), Mask: net.CIDRMask(4, 32)},
	{IP: net.ParseIP("64:ff9b::"), Mask: net.CIDRMask(32, 128)}, // IPv4 inside of IPv6
	{IP: net.ParseIP("2002::"), Mask: net.CIDRMask(16, 128)},
}

// PublicIP reports whether an address is one of the public Internet.
func PublicIP(ip net.IP) bool {
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
		return false
	}
	for _, n := range unroutable {
		if n.Contains(ip) {
			return false
		}
	}
	return true
}
