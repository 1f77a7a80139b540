// SPDX-License-Identifier: GPL-2.0
/*
 * A device that devlink knows, platform/netlane_lab, with no hardware behind it.
 * It is there from the start; its ports are subfunctions, which come and go by
 * DEVLINK_CMD_PORT_NEW and DEVLINK_CMD_PORT_DEL.  What devlink tells of them is
 * its own affair.  Ports are guarded by the instance's lock, which devlink holds
 * around both callbacks.
 */
#include <linux/list.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/version.h>
#include <net/devlink.h>

#include "netlane_lab.h"

/* Since 6.5 a port carries its own operations. */
#define PORTS_HAVE_OPS (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0))

struct lab_port {
	struct devlink_port port;
	struct list_head list;
	unsigned int index;
};

static struct platform_device *device;
static struct devlink *instance;
static LIST_HEAD(ports);

static void port_remove(struct lab_port *port)
{
	devl_port_unregister(&port->port);
	list_del(&port->list);
	kfree(port);
}

#if PORTS_HAVE_OPS
static int lab_port_del(struct devlink *devlink, struct devlink_port *port,
			struct netlink_ext_ack *extack)
{
	port_remove(container_of(port, struct lab_port, port));
	return 0;
}

static const struct devlink_port_ops port_ops = { .port_del = lab_port_del };

static int port_register(struct devlink *devlink, struct lab_port *port)
{
	return devl_port_register_with_ops(devlink, &port->port, port->index, &port_ops);
}
#else
static int lab_port_del(struct devlink *devlink, unsigned int index, struct netlink_ext_ack *extack)
{
	struct lab_port *port;

	list_for_each_entry(port, &ports, list) {
		if (port->index != index)
			continue;
		port_remove(port);
		return 0;
	}
	NL_SET_ERR_MSG(extack, "lab: no such port");
	return -ENODEV;
}

static int port_register(struct devlink *devlink, struct lab_port *port)
{
	return devl_port_register(devlink, &port->port, port->index);
}
#endif

/* The number of the subfunction is the port's index too. */
static struct lab_port *port_add(struct devlink *devlink, const struct devlink_port_new_attrs *attrs,
				 struct netlink_ext_ack *extack)
{
	struct lab_port *port;
	int err;

	if (attrs->flavour != DEVLINK_PORT_FLAVOUR_PCI_SF || !attrs->sfnum_valid) {
		NL_SET_ERR_MSG(extack, "lab: a port is a subfunction that has a number");
		return ERR_PTR(-EOPNOTSUPP);
	}
	port = kzalloc(sizeof(*port), GFP_KERNEL);
	if (!port)
		return ERR_PTR(-ENOMEM);
	port->index = attrs->sfnum;
	devlink_port_attrs_pci_sf_set(&port->port, 0, attrs->pfnum, attrs->sfnum, false);
	err = port_register(devlink, port);
	if (err) {
		kfree(port);
		return ERR_PTR(err);
	}
	list_add(&port->list, &ports);
	return port;
}

#if PORTS_HAVE_OPS
static int lab_port_new(struct devlink *devlink, const struct devlink_port_new_attrs *attrs,
			struct netlink_ext_ack *extack, struct devlink_port **made)
{
	struct lab_port *port = port_add(devlink, attrs, extack);

	if (IS_ERR(port))
		return PTR_ERR(port);
	*made = &port->port;
	return 0;
}

static const struct devlink_ops ops = { .port_new = lab_port_new };
#else
static int lab_port_new(struct devlink *devlink, const struct devlink_port_new_attrs *attrs,
			struct netlink_ext_ack *extack, unsigned int *made)
{
	struct lab_port *port = port_add(devlink, attrs, extack);

	if (IS_ERR(port))
		return PTR_ERR(port);
	*made = port->index;
	return 0;
}

static const struct devlink_ops ops = { .port_new = lab_port_new, .port_del = lab_port_del };
#endif

int lab_devlink_register(void)
{
	device = platform_device_register_simple(LAB_DEVICE, PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(device))
		return PTR_ERR(device);
	instance = devlink_alloc(&ops, 0, &device->dev);
	if (!instance) {
		platform_device_unregister(device);
		return -ENOMEM;
	}
	devlink_register(instance);
	return 0;
}

void lab_devlink_unregister(void)
{
	struct lab_port *port, *next;

	devlink_unregister(instance);
	devl_lock(instance);
	list_for_each_entry_safe(port, next, &ports, list)
		port_remove(port);
	devl_unlock(instance);
	devlink_free(instance);
	platform_device_unregister(device);
}
