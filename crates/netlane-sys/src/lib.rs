//! Linux netlink sockets: the system calls, options and control messages under netlane
