"""The battery passport: data points of the law, who may read them, versions that nobody can change unseen."""
