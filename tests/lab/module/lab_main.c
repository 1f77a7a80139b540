// SPDX-License-Identifier: GPL-2.0
/*
 * Registers the lab's three protocols in every network namespace, and its device.
 * Knows nothing of what they say: the other files do.
 */
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <net/netlink.h>
#include <net/netns/generic.h>

#include "netlane_lab.h"

static unsigned int lab_net_id __read_mostly;
struct workqueue_struct *lab_workqueue;

struct lab_net *lab_net(const struct net *net)
{
	return net_generic(net, lab_net_id);
}

struct sk_buff *lab_frame(u32 port, u32 seq, int type, int flags, const void *payload, size_t len)
{
	struct sk_buff *skb = alloc_skb(nlmsg_total_size(len), GFP_KERNEL);
	struct nlmsghdr *nlh;

	if (!skb)
		return NULL;
	nlh = nlmsg_put(skb, port, seq, type, len, flags);
	if (!nlh) {
		kfree_skb(skb);
		return NULL;
	}
	if (payload)
		memcpy(nlmsg_data(nlh), payload, len);
	else
		memset(nlmsg_data(nlh), 0, len);
	return skb;
}

int lab_send(struct sock *sk, u32 to, u32 port, u32 seq, int type, int flags, const void *payload,
	     size_t len)
{
	struct sk_buff *skb = lab_frame(port, seq, type, flags, payload, len);
	int err;

	if (!skb)
		return -ENOMEM;
	err = netlink_unicast(sk, skb, to, MSG_DONTWAIT);
	return err < 0 ? err : 0;
}

static struct sock *lab_open(struct net *net, int protocol, void (*input)(struct sk_buff *))
{
	struct netlink_kernel_cfg cfg = {
		.groups = LAB_GROUPS,
		.flags = NL_CFG_F_NONROOT_RECV,
		.input = input,
	};

	return netlink_kernel_create(net, protocol, &cfg);
}

static void lab_close(struct lab_net *lab)
{
	/* Each pointer may be NULL: a namespace that could not be set up. */
	netlink_kernel_release(lab->hello);
	netlink_kernel_release(lab->echo);
	netlink_kernel_release(lab->fault);
}

static int __net_init lab_net_init(struct net *net)
{
	struct lab_net *lab = lab_net(net);

	lab->hello = lab_open(net, LAB_HELLO_PROTOCOL, lab_hello_input);
	lab->echo = lab_open(net, LAB_ECHO_PROTOCOL, lab_echo_input);
	lab->fault = lab_open(net, LAB_FAULT_PROTOCOL, lab_fault_input);
	if (!lab->hello || !lab->echo || !lab->fault) {
		lab_close(lab);
		return -ENOMEM;
	}
	INIT_DELAYED_WORK(&lab->greeter, lab_greeter);
	queue_delayed_work(lab_workqueue, &lab->greeter, 0);
	return 0;
}

static void __net_exit lab_net_exit(struct net *net)
{
	struct lab_net *lab = lab_net(net);

	cancel_delayed_work_sync(&lab->greeter);
	/* Late answers still hold the sockets; none waits longer than LAB_MAX_MS. */
	flush_workqueue(lab_workqueue);
	lab_close(lab);
}

static struct pernet_operations lab_net_ops = {
	.init = lab_net_init,
	.exit = lab_net_exit,
	.id = &lab_net_id,
	.size = sizeof(struct lab_net),
};

static int __init lab_init(void)
{
	int err;

	lab_workqueue = alloc_workqueue("netlane_lab", WQ_UNBOUND, WQ_MAX_ACTIVE);
	if (!lab_workqueue)
		return -ENOMEM;
	err = register_pernet_subsys(&lab_net_ops);
	if (err)
		goto no_protocols;
	err = lab_devlink_register();
	if (err)
		goto no_device;
	return 0;

no_device:
	unregister_pernet_subsys(&lab_net_ops);
no_protocols:
	destroy_workqueue(lab_workqueue);
	return err;
}

static void __exit lab_cleanup(void)
{
	lab_devlink_unregister();
	unregister_pernet_subsys(&lab_net_ops);
	destroy_workqueue(lab_workqueue);
}

module_init(lab_init);
module_exit(lab_cleanup);
MODULE_DESCRIPTION("netlane: netlink peers in the kernel, well-behaved and otherwise");
MODULE_LICENSE("GPL");
