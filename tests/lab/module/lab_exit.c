// SPDX-License-Identifier: GPL-2.0
/*
 * Ends the virtual machine with a status of our choice: writing N to
 * /sys/module/lab_exit/parameters/status writes N to the isa-debug-exit device,
 * and the emulator exits with (N << 1) | 1.  In the kernel because Debian builds
 * no /dev/port, so that the guest's first process needs no unsafe code.
 */
#include <linux/io.h>
#include <linux/module.h>

#define DEBUG_EXIT_PORT 0xf4

static int lab_exit_set(const char *text, const struct kernel_param *param)
{
	u8 status;
	int err = kstrtou8(text, 0, &status);

	if (err)
		return err;
	outb(status, DEBUG_EXIT_PORT);
	/* Still here: no such device. */
	return -ENODEV;
}

static const struct kernel_param_ops lab_exit_ops = { .set = lab_exit_set };

module_param_cb(status, &lab_exit_ops, NULL, 0200);
MODULE_PARM_DESC(status, "write N to leave the emulator with status (N << 1) | 1");
MODULE_DESCRIPTION("netlane: leave the emulator");
MODULE_LICENSE("GPL");
