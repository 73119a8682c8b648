"""YouTube on this machine: its InnerTube and Data API in their wire formats, well or in trouble.

    with innertube(make_playlist(250)) as youtube:
        source = YtDlpSource(youtube.host, youtube.ca_file)

Each is a plain context manager that serves from threads of its own, so every kind of test can use it.
"""
