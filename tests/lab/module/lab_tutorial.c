// SPDX-License-Identifier: GPL-2.0
/*
 * The tutorials' kernel side: they answer as those programs expect, which is not
 * how netlink is meant to be spoken.  The raw input functions see every type:
 * netlink_rcv_skb() would skip those below NLMSG_MIN_TYPE and frames without
 * NLM_F_REQUEST.
 */
#include <linux/netlink.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <net/netlink.h>
#include <net/net_namespace.h>

#include "netlane_lab.h"

static const char greeting[] = "Greeting from kernel!";
static const char goodbye[] = "goodbye";

/* The payload as text: the length is what the frame says, bounded by the buffer. */
static bool text_starts(const struct nlmsghdr *nlh, const char *prefix)
{
	size_t len = strlen(prefix);

	return nlmsg_len(nlh) >= len && !memcmp(nlmsg_data(nlh), prefix, len);
}

/*
 * The reply as the tutorial's module sends it: a datagram of 32 bytes whose
 * nlmsg_len is 11, less than the header it stands in.
 */
static void hello_malformed(struct sock *sk, u32 to, const char *text)
{
	struct sk_buff *skb = lab_frame(0, 0, HELLO_SET, 0, text, strlen(text) + 1);

	if (!skb)
		return;
	nlmsg_hdr(skb)->nlmsg_len = 11;
	netlink_unicast(sk, skb, to, MSG_DONTWAIT);
}

static void hello_reply(struct sock *sk, u32 to, const struct nlmsghdr *nlh)
{
	const char *text = nlh->nlmsg_type == HELLO_GET ? "I known you !" : "S known you !";

	if (text_starts(nlh, "malformed"))
		hello_malformed(sk, to, text);
	else
		lab_send(sk, to, 0, 0, HELLO_SET, 0, text, strlen(text) + 1);
}

/* Protocol 25: a greeting returned, or a command answered; no sequence numbers. */
void lab_hello_input(struct sk_buff *skb)
{
	static const char hello_users[] = "hello users!!!";
	struct lab_net *lab = lab_net(sock_net(skb->sk));
	struct nlmsghdr *nlh = nlmsg_hdr(skb);
	u32 to = NETLINK_CB(skb).portid;

	if (!nlmsg_ok(nlh, skb->len))
		return;
	if (text_starts(nlh, "hello netlink"))
		lab_send(lab->hello, to, 0, 0, LAB_HELLO_PROTOCOL, 0, hello_users,
			 sizeof(hello_users));
	else if (nlh->nlmsg_type == HELLO_SET || nlh->nlmsg_type == HELLO_GET)
		hello_reply(lab->hello, to, nlh);
}

static void greet(struct sock *sk)
{
	struct sk_buff *skb = lab_frame(0, 0, ECHO_TEXT, 0, greeting, sizeof(greeting));

	if (skb)
		nlmsg_multicast(sk, skb, 0, GREETING_GROUP, GFP_KERNEL);
}

/* Asks the next question, or ends the conversation. */
static void converse(struct lab_net *lab)
{
	char question[32];
	int answered = atomic_read(&lab->answers);
	int len;

	if (answered < CONVERSATION_QUESTIONS)
		len = snprintf(question, sizeof(question), "question %d?", answered + 1);
	else
		len = snprintf(question, sizeof(question), "%s", goodbye);
	/* ECONNREFUSED: nobody is bound to the port, and the next round tries again. */
	lab_send(lab->echo, CONVERSATION_PORT, 0, 0, ECHO_CONVERSE, 0, question, len + 1);
	if (answered >= CONVERSATION_QUESTIONS)
		atomic_set(&lab->answers, 0);
}

/*
 * Runs every GREETING_MS, and at once when an answer arrived, on the work queue:
 * the kernel speaks first and on its own.
 */
void lab_greeter(struct work_struct *work)
{
	struct lab_net *lab = container_of(to_delayed_work(work), struct lab_net, greeter);

	if (netlink_has_listeners(lab->echo, GREETING_GROUP))
		greet(lab->echo);
	converse(lab);
	queue_delayed_work(lab_workqueue, &lab->greeter, msecs_to_jiffies(GREETING_MS));
}

/* Counts an answer to the question asked last; one repeated by the timer counts once. */
static void hear(struct lab_net *lab, const struct sk_buff *skb)
{
	char expected[32];
	int answered = atomic_read(&lab->answers);

	snprintf(expected, sizeof(expected), "answer %d", answered + 1);
	if (NETLINK_CB(skb).portid != CONVERSATION_PORT || !text_starts(nlmsg_hdr(skb), expected))
		return;
	atomic_cmpxchg(&lab->answers, answered, answered + 1);
	mod_delayed_work(lab_workqueue, &lab->greeter, 0);
}

/* Protocol 30: echo as it came, greet on request, hear an answer. */
void lab_echo_input(struct sk_buff *skb)
{
	struct lab_net *lab = lab_net(sock_net(skb->sk));
	struct nlmsghdr *nlh = nlmsg_hdr(skb);

	if (!nlmsg_ok(nlh, skb->len))
		return;
	switch (nlh->nlmsg_type) {
	case ECHO_GREET:
		greet(lab->echo);
		break;
	case ECHO_CONVERSE:
		hear(lab, skb);
		break;
	default:
		/* A new frame: a copy of the buffer would name the requester as its sender. */
		lab_send(lab->echo, NETLINK_CB(skb).portid, nlh->nlmsg_pid, nlh->nlmsg_seq,
			 nlh->nlmsg_type, nlh->nlmsg_flags, nlmsg_data(nlh), nlmsg_len(nlh));
	}
}
