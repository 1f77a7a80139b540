// SPDX-License-Identifier: GPL-2.0
/*
 * Protocol 31: a well-formed netlink family whose requests order what the answer
 * shall look like, so that a transport meets each corner case on demand.  One
 * function per behaviour; what answers after sendmsg has returned is lab_late.c.
 */
#include <linux/delay.h>
#include <linux/netlink.h>
#include <net/netlink.h>
#include <net/net_namespace.h>

#include "netlane_lab.h"

/* One request being served. */
struct lab_request {
	struct sock *sk; /* ours */
	struct sk_buff *skb;
	struct nlmsghdr *nlh;
	struct netlink_ext_ack *extack;
	struct lab_order order;
	u32 to;
	const void *cargo; /* what follows the order */
	size_t cargo_len;
};

/* What is missing of the order at the end of a short payload is zero. */
static size_t read_order(const struct nlmsghdr *nlh, struct lab_order *order)
{
	size_t len = min_t(size_t, nlmsg_len(nlh), sizeof(*order));

	memset(order, 0, sizeof(*order));
	memcpy(order, nlmsg_data(nlh), len);
	return len;
}

/* The cargo back to the requester. */
static int answer(const struct lab_request *r, u32 port, u32 seq, int flags)
{
	return lab_send(r->sk, r->to, port, seq, r->nlh->nlmsg_type, flags, r->cargo, r->cargo_len);
}

static int lab_echo(struct lab_request *r)
{
	return answer(r, r->to, r->nlh->nlmsg_seq, 0);
}

static int lab_unsequenced(struct lab_request *r)
{
	return answer(r, 0, 0, 0);
}

static int lab_multipart(struct lab_request *r)
{
	int done = 0;
	u32 part;

	for (part = 0; part < r->order.value; part++)
		answer(r, r->to, r->nlh->nlmsg_seq, NLM_F_MULTI);
	return lab_send(r->sk, r->to, r->to, r->nlh->nlmsg_seq, NLMSG_DONE, NLM_F_MULTI, &done,
			sizeof(done));
}

/* Appends objects until the chunk is full: each of count bytes, its number first. */
static int fill_chunk(struct sk_buff *skb, struct netlink_callback *cb, const struct lab_order *order)
{
	size_t len = max_t(size_t, order->count, sizeof(__u32));
	bool changes = cb->nlh->nlmsg_type == LAB_DUMP_CHANGED;

	for (; cb->args[0] < order->value; cb->args[0]++) {
		__u32 number = cb->args[0];
		struct nlmsghdr *nlh = nlmsg_put(skb, NETLINK_CB(cb->skb).portid,
						 cb->nlh->nlmsg_seq, cb->nlh->nlmsg_type, len,
						 NLM_F_MULTI);
		if (!nlh)
			return -EMSGSIZE;
		memset(nlmsg_data(nlh), 0, len);
		memcpy(nlmsg_data(nlh), &number, sizeof(number));
		cb->seq = 1 + (changes && number >= order->value / 2);
		nl_dump_check_consistent(cb, nlh);
	}
	return 0;
}

static int dump_chunk(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct lab_order order;
	int err;

	read_order(cb->nlh, &order);
	if (cb->nlh->nlmsg_type == LAB_DUMP_FAILS)
		order.count = 0;
	err = fill_chunk(skb, cb, &order);
	/* A positive length asks for another chunk; an object too large for any ends it. */
	if (err)
		return skb->len ? skb->len : err;
	if (cb->nlh->nlmsg_type != LAB_DUMP_FAILS)
		return 0;
	read_order(cb->nlh, &order);
	NL_SET_ERR_MSG(cb->extack, "lab: the dump failed as ordered");
	return -(int)order.count;
}

static int lab_dump(struct lab_request *r)
{
	struct netlink_dump_control control = { .dump = dump_chunk };

	return netlink_dump_start(r->sk, r->skb, r->nlh, &control);
}

static int lab_error(struct lab_request *r)
{
	return -(int)r->order.value;
}

/*
 * Says why: an attribute in the cargo is the culprit, otherwise one is missing.
 * Accepting says it with a warning and a cookie.
 */
static int lab_extended(struct lab_request *r)
{
	if (!r->order.value) {
		NL_SET_ERR_MSG(r->extack, "lab: accepted with a warning");
		nl_set_extack_cookie_u64(r->extack, 0x1122334455667788ULL);
		return 0;
	}
	NL_SET_ERR_MSG(r->extack, "lab: refused as ordered");
	if (r->cargo_len >= NLA_HDRLEN)
		NL_SET_BAD_ATTR(r->extack, r->cargo);
	else
		NL_SET_ERR_ATTR_MISS(r->extack, NULL, 7);
	return -(int)r->order.value;
}

static int lab_oversized(struct lab_request *r)
{
	return lab_send(r->sk, r->to, r->to, r->nlh->nlmsg_seq, r->nlh->nlmsg_type, 0, NULL,
			r->order.value);
}

static int lab_slow(struct lab_request *r)
{
	msleep(r->order.milliseconds);
	return lab_echo(r);
}

static int lab_foreign(struct lab_request *r)
{
	answer(r, r->to, r->nlh->nlmsg_seq + r->order.value, 0);
	return lab_echo(r);
}

static int lab_twice(struct lab_request *r)
{
	lab_echo(r);
	return lab_echo(r);
}

static int lab_unasked(struct lab_request *r)
{
	u32 i;

	for (i = 0; i < r->order.count; i++)
		answer(r, 0, 0, 0);
	return lab_echo(r);
}

/* As rtnetlink does: a notification bears its cause's sequence and port. */
static int lab_multicast(struct lab_request *r)
{
	u32 i;

	if (!r->order.value || r->order.value > LAB_GROUPS)
		return -EINVAL;
	for (i = 0; i < r->order.count; i++) {
		struct sk_buff *skb = lab_frame(r->to, r->nlh->nlmsg_seq, r->nlh->nlmsg_type, 0,
						r->cargo, r->cargo_len);

		if (!skb)
			return -ENOMEM;
		/* ESRCH: nobody listens. */
		nlmsg_multicast(r->sk, skb, 0, r->order.value, GFP_KERNEL);
	}
	return 0;
}

static int lab_set_error(struct lab_request *r)
{
	netlink_set_err(r->sk, 0, r->order.value, -ENOBUFS);
	return 0;
}

static int lab_malformed(struct lab_request *r)
{
	struct sk_buff *skb = alloc_skb(nlmsg_total_size(r->cargo_len) + 8, GFP_KERNEL);
	struct nlmsghdr *nlh;

	if (!skb)
		return -ENOMEM;
	nlh = nlmsg_put(skb, r->to, r->nlh->nlmsg_seq, r->nlh->nlmsg_type, r->cargo_len, 0);
	if (!nlh) {
		kfree_skb(skb);
		return -EMSGSIZE;
	}
	memcpy(nlmsg_data(nlh), r->cargo, r->cargo_len);
	switch (r->order.value) {
	case MALFORMED_SHORT:
		nlh->nlmsg_len = 11;
		break;
	case MALFORMED_LONG:
		nlh->nlmsg_len += 1000;
		break;
	case MALFORMED_TAIL:
		skb_put_data(skb, "stray", 5);
		break;
	default:
		skb_trim(skb, 7);
	}
	return netlink_unicast(r->sk, skb, r->to, MSG_DONTWAIT) < 0 ? -ECOMM : 0;
}

static int lab_control(struct lab_request *r)
{
	return lab_send(r->sk, r->to, r->to, r->nlh->nlmsg_seq, r->order.value, 0, NULL, 0);
}

static int lab_answer_late(struct lab_request *r)
{
	return lab_late(r->sk, r->skb, r->nlh, &r->order);
}

static int (*const behaviours[])(struct lab_request *r) = {
	[LAB_ECHO - LAB_ECHO] = lab_echo,
	[LAB_UNSEQUENCED - LAB_ECHO] = lab_unsequenced,
	[LAB_MULTIPART - LAB_ECHO] = lab_multipart,
	[LAB_DUMP - LAB_ECHO] = lab_dump,
	[LAB_DUMP_CHANGED - LAB_ECHO] = lab_dump,
	[LAB_DUMP_FAILS - LAB_ECHO] = lab_dump,
	[LAB_ERROR - LAB_ECHO] = lab_error,
	[LAB_EXTENDED - LAB_ECHO] = lab_extended,
	[LAB_OVERSIZED - LAB_ECHO] = lab_oversized,
	[LAB_SLOW - LAB_ECHO] = lab_slow,
	[LAB_LATE - LAB_ECHO] = lab_answer_late,
	[LAB_FOREIGN - LAB_ECHO] = lab_foreign,
	[LAB_TWICE - LAB_ECHO] = lab_twice,
	[LAB_UNASKED - LAB_ECHO] = lab_unasked,
	[LAB_MULTICAST - LAB_ECHO] = lab_multicast,
	[LAB_SET_ERROR - LAB_ECHO] = lab_set_error,
	[LAB_MALFORMED - LAB_ECHO] = lab_malformed,
	[LAB_CONTROL - LAB_ECHO] = lab_control,
};

static int serve(struct sk_buff *skb, struct nlmsghdr *nlh, struct netlink_ext_ack *extack)
{
	struct lab_request r = {
		.sk = lab_net(sock_net(skb->sk))->fault,
		.skb = skb,
		.nlh = nlh,
		.extack = extack,
		.to = NETLINK_CB(skb).portid,
	};
	size_t order_len = read_order(nlh, &r.order);

	r.cargo = nlmsg_data(nlh) + order_len;
	r.cargo_len = nlmsg_len(nlh) - order_len;
	if (nlh->nlmsg_type > LAB_TYPE_MAX) {
		NL_SET_ERR_MSG(extack, "lab: no such behaviour");
		return -EOPNOTSUPP;
	}
	if (r.order.milliseconds > LAB_MAX_MS || r.order.count > LAB_MAX_COUNT ||
	    r.order.value > LAB_MAX_BYTES) {
		NL_SET_ERR_MSG(extack, "lab: the order exceeds a limit of netlane_lab.h");
		return -ERANGE;
	}
	return behaviours[nlh->nlmsg_type - LAB_ECHO](&r);
}

void lab_fault_input(struct sk_buff *skb)
{
	netlink_rcv_skb(skb, serve);
}
