# Runs beside loadwright in a session of its own and outlives it. Reads lines
# from it:
#   + PGID   end this process group when I end
#   - PGID   no longer
# When the lines end, because loadwright closed the pipe or is gone, it ends the
# groups and all processes with an option like --user-data-dir=$NEST/profile, or
# with a variable like LOADWRIGHT_NEST=$NEST/, and removes the folder $NEST: again
# and again, for at most $ROUNDS rounds, because what is dying may still write
# into it.
#
# The folder comes in the environment, without a slash behind it, so that this
# shell is none of the processes that it looks for.

trap '' HUP INT QUIT TERM PIPE

groups=' '
while read -r op id; do
	case $id in '' | *[!0-9]* | 0 | 1) continue ;; esac
	case $groups in
	*" $id "*) groups="${groups%%" $id "*} ${groups#*" $id "}" ;;
	esac
	case $op in +) groups="$groups$id " ;; esac
done

# Only its user's own processes can be ended, and only those can be read here.
tenants() {
	if [ -d /proc/self ]; then
		printf '%s\n' "=$NEST/" | grep -lsF -f - /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr -cd '0-9\n'
	else
		environment=
		[ "$(uname)" = Darwin ] && environment=-E
		ps -axww $environment -o pid= -o command= | while read -r pid command; do
			case $command in *"=$NEST/"*) printf '%s\n' "$pid" ;; esac
		done
	fi
}

# What is killed is gone a moment later, and until then may hold a port that the
# next run wants: that is waited for, for two seconds.
dying=20
while [ "$ROUNDS" -gt 0 ]; do
	for id in $groups; do kill -s KILL -- "-$id"; done
	found=$(tenants)
	for id in $found; do kill -s KILL "$id"; done
	if rm -rf -- "$NEST" && [ ! -e "$NEST" ]; then
		[ -z "$found" ] || [ "$dying" -le 0 ] && exit 0
		dying=$((dying - 1))
	fi
	ROUNDS=$((ROUNDS - 1))
	sleep 0.1 || sleep 1
done
exit 1
