// SPDX-License-Identifier: GPL-2.0
/*
 * Protocol 31: answers that a kernel thread gives after sendmsg has returned, in
 * every order of data and ACK that a client has to live with.
 */
#include <linux/delay.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <net/netlink.h>

#include "netlane_lab.h"

struct late_answer {
	struct work_struct work;
	struct sock *sk; /* ours: the namespace's exit waits for this work */
	u32 to;
	struct nlmsghdr request;
	struct lab_order order;
};

static void send_data(const struct late_answer *late)
{
	static const char text[] = "late";

	lab_send(late->sk, late->to, late->to, late->request.nlmsg_seq, LAB_LATE, 0, text,
		 sizeof(text));
}

/*
 * By hand: netlink_ack() looks at the options of the sender's socket, which may
 * be closed by now.
 */
static void send_ack(const struct late_answer *late, int error)
{
	struct nlmsgerr ack = { .error = error, .msg = late->request };

	lab_send(late->sk, late->to, late->to, late->request.nlmsg_seq, NLMSG_ERROR, NLM_F_CAPPED,
		 &ack, sizeof(ack));
}

static void late_work(struct work_struct *work)
{
	struct late_answer *late = container_of(work, struct late_answer, work);

	msleep(max(late->order.milliseconds, 1u));
	switch (late->order.value) {
	case LATE_ACK_FIRST:
	case LATE_DATA_ONLY:
		send_data(late);
		break;
	case LATE_ERROR:
		send_ack(late, -(int)late->order.count);
		break;
	default: /* LATE_ACK_LAST, LATE_FOREIGN */
		send_data(late);
		send_ack(late, 0);
	}
	kfree(late);
}

int lab_late(struct sock *sk, struct sk_buff *skb, struct nlmsghdr *nlh, const struct lab_order *order)
{
	static const char text[] = "unasked";
	struct late_answer *late;

	if (order->value > LATE_FOREIGN)
		return -EINVAL;
	if (order->value == LATE_NEVER)
		return -EINTR;
	if (order->value == LATE_FOREIGN)
		lab_send(sk, NETLINK_CB(skb).portid, 0, 0, LAB_LATE, 0, text, sizeof(text));
	late = kzalloc(sizeof(*late), GFP_KERNEL);
	if (!late)
		return -ENOMEM;
	late->sk = sk;
	late->to = NETLINK_CB(skb).portid;
	late->request = *nlh;
	late->order = *order;
	INIT_WORK(&late->work, late_work);
	queue_work(lab_workqueue, &late->work);
	/* -EINTR is how a handler tells netlink_rcv_skb() that the ACK is its own affair. */
	return order->value == LATE_ACK_FIRST ? 0 : -EINTR;
}
