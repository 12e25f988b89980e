/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/dcache.h"
#include "mm/shrinker.h"
#include "mm/slab.h"

/* Shared by the files of the name caches: dcache and dcache_shrink. */

/* Sizes as ext4 of 7.2 has them: /proc/slabinfo. X(name, bytes, reclaimable, account) */
#define VFS_CACHES(X)                                                                             \
	X(VFS_DENTRY, 192, true, true)                                                             \
	X(VFS_INODE, 1072, true, true)                                                             \
	X(VFS_SECURITY, 88, false, false)                                                          \
	X(VFS_JINODE, 64, false, false)                                                            \
	X(VFS_EXTENT, 40, true, false)

enum vfs_cache {
#define X(name, bytes, reclaimable, account) name,
	VFS_CACHES(X)
#undef X
	NR_VFS_CACHES
};

#define VFS_EXTENTS 2u /* of a small file: its blocks, and the hole behind them */
#define VFS_NONE    UINT32_MAX

#define DENTRY_REFERENCED BIT(0)
#define INODE_REFERENCED  BIT(1)

struct vfs_link {
	u32 prev, next;
	bool on;
};

/* A file; what is forgotten is SLAB_NONE. */
struct vfs_file {
	u32 dentry, inode, security, extent[VFS_EXTENTS];
	u32 jinode; /* the journal's, since it was opened for writing */
	u32 dir, entry; /* where its name is */
	u32 ino;
	u32 flags;
	struct vfs_link dentry_lru, inode_lru;
	struct file *file; /* its data; NULL: none were written */
};

struct vfs_dir {
	u32 dentry, inode, security; /* in use as long as there are files in it */
	u32 ino;
	u32 nr_files;
};

/* Least recently used first. fs: struct list_lru */
struct vfs_lru {
	u32 first, last;
	u64 n;
};

struct super_block {
	struct vm *vm;
	struct kmem_cache *cache[NR_VFS_CACHES];
	struct file *bdev; /* pages of inode tables and directories */
	struct journal *journal; /* of bdev; NULL: no disk or no CPUs */
	struct vfs_file *files;
	u32 nr_files, cap_files;
	struct vfs_dir *dirs;
	u32 nr_dirs, cap_dirs;
	u32 next_ino;
	struct vfs_lru dentry_lru, inode_lru;
	u32 extent_clock; /* file whose extents are looked at next */
	struct shrinker shrinker, extent_shrinker;
	struct super_block_stats stats;
};

static inline struct vfs_link *vfs_link(struct super_block *sb, const struct vfs_lru *lru, u32 i)
{
	return lru == &sb->dentry_lru ? &sb->files[i].dentry_lru : &sb->files[i].inode_lru;
}

void vfs_lru_add(struct super_block *sb, struct vfs_lru *lru, u32 number);
void vfs_lru_del(struct super_block *sb, struct vfs_lru *lru, u32 number);

/* The inode's last user went, or its last page: unused, unless it still has pages.
   fs/inode.c:inode_add_lru */
void vfs_inode_unused(struct super_block *sb, u32 number);

/* Registers both shrinkers. False: host memory. */
bool vfs_shrinkers_init(struct super_block *sb);
