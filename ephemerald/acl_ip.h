/*
 * Ids of the ip scheme: an address of either family, perhaps with "/bits".
 */
#ifndef EPHEMERALD_ACL_IP_H
#define EPHEMERALD_ACL_IP_H

#include "libhold/slice.h"

bool acl_ip_valid(struct hf_slice id);

/* Is address (no bits) within id? */
bool acl_ip_matches(struct hf_slice id, struct hf_slice address);

#endif
