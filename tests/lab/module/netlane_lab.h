/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The wire contract of the lab's module, and what its parts share.
 *
 * Protocol 25 speaks the command/reply tutorials, protocol 30 the echo, greeting
 * and conversation ones (lab_tutorial.c).  Protocol 31 misbehaves on demand
 * (lab_faults.c, lab_late.c): the message type names the behaviour, and the
 * payload starts with struct lab_order, anything after it being cargo that most
 * answers carry back.  Beside them stands a device of devlink's (lab_devlink.c).
 */
#ifndef NETLANE_LAB_H
#define NETLANE_LAB_H

#include <linux/types.h>
#include <net/sock.h>

#define LAB_HELLO_PROTOCOL 25
#define LAB_ECHO_PROTOCOL 30
#define LAB_FAULT_PROTOCOL 31

/* Protocol 25: types below NLMSG_MIN_TYPE, as the tutorial has them. */
enum {
	HELLO_SET = 0,
	HELLO_GET = 1, /* which is NLMSG_NOOP elsewhere */
};

/* Protocol 30. */
enum {
	ECHO_TEXT = 0,		 /* answered with the very same frame */
	ECHO_GREET = 0x20,	 /* multicast the greeting to group 1 now */
	ECHO_CONVERSE = 0x21,	 /* the kernel asks, the program answers */
};
#define GREETING_GROUP 1
#define GREETING_MS 200
#define CONVERSATION_PORT 200
#define CONVERSATION_QUESTIONS 3

/* Protocol 31: what to do with the request. */
enum {
	LAB_ECHO = 0x10,	 /* cargo back: same sequence and port */
	LAB_UNSEQUENCED,	 /* cargo back with sequence 0 and port 0 */
	LAB_MULTIPART,		 /* value parts (NLM_F_MULTI), then DONE */
	LAB_DUMP,		 /* value objects of count bytes by the dump machinery */
	LAB_DUMP_CHANGED,	 /* the same, its generation changing half-way */
	LAB_DUMP_FAILS,		 /* value objects, then DONE with -count */
	LAB_ERROR,		 /* refuse with errno value */
	LAB_EXTENDED,		 /* refuse with errno value (0: accept), saying why */
	LAB_OVERSIZED,		 /* a reply of value payload bytes */
	LAB_SLOW,		 /* sleep milliseconds in the handler, then LAB_ECHO */
	LAB_LATE,		 /* answer from a kernel thread: enum lab_late in value */
	LAB_FOREIGN,		 /* an answer with sequence + value, then LAB_ECHO */
	LAB_TWICE,		 /* the right answer two times */
	LAB_UNASKED,		 /* count frames of sequence 0, then LAB_ECHO */
	LAB_MULTICAST,		 /* count frames to group value */
	LAB_SET_ERROR,		 /* netlink_set_err: ENOBUFS to members of group value */
	LAB_MALFORMED,		 /* enum lab_malformed in value */
	LAB_CONTROL,		 /* a control message of type value, no payload */
	LAB_TYPE_MAX = LAB_CONTROL,
};
#define LAB_GROUPS 64

/* How LAB_LATE answers, milliseconds after sendmsg has returned. */
enum lab_late {
	LATE_ACK_FIRST = 0, /* the ACK at once, the data later */
	LATE_ACK_LAST,	    /* data, then the ACK, both later */
	LATE_DATA_ONLY,	    /* data, no ACK ever */
	LATE_ERROR,	    /* only NLMSG_ERROR with errno count, later */
	LATE_NEVER,	    /* nothing ever */
	LATE_FOREIGN,	    /* an unsequenced frame at once, later data and ACK */
};

enum lab_malformed {
	MALFORMED_SHORT = 0, /* nlmsg_len 11: less than a header */
	MALFORMED_LONG,	     /* nlmsg_len beyond the datagram */
	MALFORMED_TAIL,	     /* a good answer, then 5 stray bytes */
	MALFORMED_RUNT,	     /* a datagram of 7 bytes */
};

struct lab_order {
	__u32 value;
	__u32 milliseconds;
	__u32 count;
};

/* The sockets of one network namespace. */
struct lab_net {
	struct sock *hello;
	struct sock *echo;
	struct sock *fault;
	struct delayed_work greeter;
	u32 greetings;
	atomic_t answers; /* of the conversation on CONVERSATION_PORT */
};

#define LAB_MAX_MS 10000
#define LAB_MAX_COUNT 100000
#define LAB_MAX_BYTES (1 << 20)

/* What devlink knows as platform/LAB_DEVICE. */
#define LAB_DEVICE "netlane_lab"

struct lab_net *lab_net(const struct net *net);
extern struct workqueue_struct *lab_workqueue;

/* lab_main.c: queue one frame on a port; payload may be NULL for zeroes. */
struct sk_buff *lab_frame(u32 port, u32 seq, int type, int flags, const void *payload, size_t len);
int lab_send(struct sock *sk, u32 to, u32 port, u32 seq, int type, int flags, const void *payload,
	     size_t len);

/* lab_tutorial.c */
void lab_hello_input(struct sk_buff *skb);
void lab_echo_input(struct sk_buff *skb);
void lab_greeter(struct work_struct *work);

/* lab_faults.c */
void lab_fault_input(struct sk_buff *skb);

/* lab_late.c: 0, or -EINTR where no ACK must follow. */
int lab_late(struct sock *sk, struct sk_buff *skb, struct nlmsghdr *nlh, const struct lab_order *order);

/* lab_devlink.c */
int lab_devlink_register(void);
void lab_devlink_unregister(void);

#endif
